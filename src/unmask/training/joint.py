"""The joint stage: both networks fitted further together, from crops to clip logits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from unmask.models.detector import FrameDetector, TemporalDetector
from unmask.training.optimisation import set_rate
from unmask.training.pair_set import Shares
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run
from unmask.training.sequences import SEEN_IN_FRAMES, DrawnClips
from unmask.training.side import Side
from unmask.training.stages import JointStage
from unmask.training.stopping import leave_signals_to_parent
from unmask.training.validation import auc

_TRAIN, _HELD = 11, 12  # salts
Item = tuple[Tensor, Tensor]


class ClipPairs(Dataset[Item]):
    """Pair ``n``: crops 2×T×S×S×3 uint8, real first, and whether single frames show the fake."""

    def __init__(self, clips: DrawnClips) -> None:
        self._clips = clips

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, index: int) -> Item:
        real, fake = self._clips[index]
        seen = float(fake.kind.split(" ")[0] in SEEN_IN_FRAMES)
        return torch.from_numpy(np.stack([real.crops, fake.crops])), torch.tensor(seen)


class Both(nn.Module):
    """Crops to frame logits and clip logits, in one graph that gradients run through."""

    def __init__(self, frames: FrameDetector, temporal: TemporalDetector) -> None:
        super().__init__()
        self.frames, self.temporal = frames, temporal

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """B×T×S×S×3 uint8 → frame logits B×T and clip logits B."""
        count = crops.shape[:2]
        x = crops.flatten(0, 1).permute(0, 3, 1, 2).float() / 127.5 - 1
        features, logits, _maps = self.frames(x.contiguous(memory_format=torch.channels_last))
        return logits.unflatten(0, count), self.temporal(features.unflatten(0, count))


class JointTask:
    """The joint stage as :class:`unmask.training.loop.Task`; the least loss held out is kept."""

    stage = "joint"

    def __init__(
        self,
        recipe: DetectorRecipe,
        settings: JointStage,
        both: Both,
        train: Side,
        held: Side,
        run: Run,
    ) -> None:
        self.recipe, self.settings, self.run = recipe, settings, run
        self.train, self._held = train, held
        self.stem, self.seed = f"{recipe.stem}-joint", recipe.seed
        self.step, self.steps = 0, settings.steps
        self.per_step = 2 * settings.clips * recipe.clip.frames
        self.validate_every: int | None = settings.validate_every
        self._shares = Shares.of(settings.clips, run)
        both.frames.cells.requires_grad_(requires_grad=False)  # not in this graph
        self.model = both
        fitted = [p for p in both.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(fitted, settings.learning_rate, weight_decay=0.02)
        self._wrapped, self._stepper = run.fabric.setup(both, self.optimiser)

    def seal(self) -> Mapping[str, Any]:
        """The recipe's parts and how much data there is."""
        return {
            "seed": self.seed,
            "joint": self.settings.model_dump(),
            "clip": self.recipe.clip.model_dump(),
            "data": self.train.counts(),
        }

    def batches(self) -> Iterator[Item]:
        """Numbered clips from ``step`` on; each process draws its own."""
        shares = self._shares
        own = range(self.step * shares.own, self.steps * shares.own)
        numbers = [shares.number(index) for index in own]
        clips = DrawnClips(self.train, self.recipe, _TRAIN, numbers)
        return iter(self._loader(ClipPairs(clips)))

    def advance(self, batch: Item) -> dict[str, float]:
        """One step. Dropout is on, but batch norms normalise as they will when serving."""
        set_rate(self.optimiser, self.settings.learning_rate, self.step, self.steps)
        crops, seen = (part.to(self.run.fabric.device) for part in batch)
        self._wrapped.train()
        self.model.frames.eval()
        frames, clips = self._wrapped(crops.transpose(0, 1).flatten(0, 1))  # reals, then fakes
        loss = self._loss(frames.float(), clips.float(), seen)
        self._stepper.zero_grad()
        self.run.fabric.backward(loss)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip_gradient)
        value = float(loss.detach())
        if math.isfinite(value):
            self._stepper.step()
        return {"loss": value}

    def _loss(self, frames: Tensor, clips: Tensor, seen: Tensor) -> Tensor:
        """2B×T and 2B logits, reals first; ``seen`` B: fakes that single frames give away."""
        count = len(seen)
        labels = torch.cat([torch.zeros_like(seen), torch.ones_like(seen)])
        clip = functional.binary_cross_entropy_with_logits(clips, labels)
        each = functional.softplus(torch.where(labels[:, None] > 0, -frames, frames)).mean(dim=1)
        weight = torch.cat([torch.ones(count, device=seen.device), seen])
        return clip + self.settings.frame_weight * (each * weight).sum() / weight.sum()

    def validate(self) -> tuple[float, dict[str, float]]:
        """Less loss on held-out clips is better."""
        count = self.settings.validation_clips // 2
        pairs = ClipPairs(DrawnClips(self._held, self.recipe, _HELD, range(count)))
        real, fake = [], []
        with torch.inference_mode(), self.run.fabric.autocast():
            for crops, _seen in self._loader(pairs):
                both = crops.transpose(0, 1).flatten(0, 1).to(self.run.fabric.device)
                first, second = self.model.eval()(both)[1].float().cpu().double().chunk(2)
                real.append(first.numpy())
                fake.append(second.numpy())
        a, b = np.concatenate(real), np.concatenate(fake)
        loss = float(np.mean(np.logaddexp(0, np.concatenate([a, -b]))))
        return -loss, {"loss/held-out": loss, "auc": auc(a, b)}

    def _loader(self, pairs: ClipPairs) -> DataLoader[Item]:
        return DataLoader(
            pairs,
            batch_size=self._shares.own,
            num_workers=self.run.workers,
            worker_init_fn=leave_signals_to_parent,
        )

    def weights(self) -> Mapping[str, Tensor]:
        """Of both networks, as ``frames.…`` and ``temporal.…``."""
        return self.model.state_dict()

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        """See :class:`Task`."""
        self.model.load_state_dict(weights)

    def state(self) -> dict[str, Any]:
        """Weights and optimiser."""
        return {"model": self.model.state_dict(), "optimiser": self.optimiser.state_dict()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Undo :meth:`state`."""
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
