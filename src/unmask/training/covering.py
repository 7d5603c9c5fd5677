"""The cover stage: what the detector says of a face is to be said of it whatever lies over it.

The network stays as it is, and so does all that it has learnt of fakes: fitted on itself, to give
covered faces the maps of bare ones, it kept stickers from rising and unlearnt what real tools leave
(development files 0.93 → 0.89; docs/decisions.md). :class:`unmask.models.covers.Covers` alone is
fitted, to what the network's own cells rise by once something is laid over a face.

To look at crops costs fifty times what a step of the covers does, so what the network makes of them
is kept, and they are fitted on it several times over.
"""

from __future__ import annotations

import copy
import hashlib
import io
import math
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, default_collate

from unmask.models.covers import Covers, less
from unmask.models.detector import FrameDetector
from unmask.models.weights import write_bytes
from unmask.training.faults import writing
from unmask.training.loop import Unchosen
from unmask.training.losses import as_images
from unmask.training.pair_set import Shares
from unmask.training.pairs import Fading, draw_covered_pair
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run
from unmask.training.side import Side
from unmask.training.stages import CoverStage
from unmask.training.stopping import leave_signals_to_parent

_DRAWN, _ORDER = 13, 14  # salts
_HIDDEN = 0.5  # share of a cell that must be covered for the cell to show nothing of a fake
_COVERED = 0.12  # share of a cell that must be covered for the cell to count as covered
_BEND = 0.3  # of the loss: below it a difference counts squared
_CONTRAST, _TOLD, _BARE = 0.3, 0.3, 2.0  # weights: the map's contrast, whether covered, bare crops
_CLIP_GRADIENT = 1.0
Item = tuple[Tensor, Tensor, Tensor]


class Seen(NamedTuple):
    """What the network makes of B pairs, reals first.

    ``inner`` 2B×D×s×s as covers are told by it, and all 2B×s×s: its centred ``cells``, what they
    are to be (``goal``), the share of each that is covered (``cover``).
    """

    inner: Tensor
    cells: Tensor
    goal: Tensor
    cover: Tensor


class CoveredPairs(Dataset[Item]):
    """Pair ``n`` depends on the seed and ``n`` alone: bare and covered 2×S×S×3, cover M×M uint8."""

    def __init__(
        self, side: Side, recipe: DetectorRecipe, stage: CoverStage, shares: Shares, start: int
    ) -> None:
        self._side, self._recipe, self._stage, self._shares = side, recipe, stage, shares
        self._start, self._end = start * shares.own, stage.steps * shares.own

    def __len__(self) -> int:
        return self._end - self._start

    def __getitem__(self, index: int) -> Item:
        cv2.setNumThreads(0)  # data workers are the parallelism
        number = self._shares.number(self._start + index)
        rng = np.random.default_rng([self._recipe.seed, _DRAWN, number])
        side, stage = self._side, self._stage
        pair = draw_covered_pair(
            side.portraits,
            side.stills,
            self._recipe.served,
            rng,
            fading=Fading(stage.least, stage.whole_share),
            share=stage.share,
        )
        parts = (torch.from_numpy(part) for part in (pair.bare, pair.covered, pair.cover))
        bare, covered, cover = parts
        return bare, covered, cover


class CoverTask(Unchosen):
    """The cover stage as :class:`unmask.training.loop.Task`; nothing is chosen by validation."""

    stage = "covers"

    def __init__(
        self,
        recipe: DetectorRecipe,
        settings: CoverStage,
        frames: FrameDetector,
        train: Side,
        run: Run,
    ) -> None:
        self.recipe, self.settings, self.run, self.train = recipe, settings, run, train
        self.stem, self.seed = f"{recipe.stem}-covers", recipe.seed
        self.step, self.steps = 0, settings.steps * settings.passes
        self.per_step = 2 * settings.pairs
        self._shares = Shares.of(settings.pairs, run)
        model = copy.deepcopy(frames).eval().requires_grad_(requires_grad=False)
        model.to(run.fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._frames: FrameDetector = model
        torch.manual_seed(self.seed)
        self.covers: Covers = model.with_covers()
        self.optimiser = torch.optim.AdamW(
            self.covers.parameters(), settings.learning_rate, weight_decay=0.02
        )
        self._wrapped, self._stepper = run.fabric.setup(self.covers, self.optimiser)
        self._folder = run.work / f"{self.stem}-seen-{self._digest()}"

    def _digest(self) -> str:
        """Twelve digits that change with the network and with what shapes the pairs."""
        told = hashlib.sha256(repr(sorted(self.seal().items())).encode())
        for name, value in sorted(self._frames.state_dict().items()):
            if not name.startswith("covers."):
                told.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
        return told.hexdigest()[:12]

    def seal(self) -> Mapping[str, Any]:
        """The recipe's parts, how much data there is."""
        return {
            "seed": self.seed,
            "precision": self.recipe.precision,
            "frame": self.recipe.served.model_dump(),
            "covers": self.settings.model_dump(),
            "data": self.train.counts(),
        }

    def batches(self) -> Iterator[Item | Seen]:
        """Numbered pairs from ``step`` on, others than any other stage's; then the same, as seen.

        Every further pass goes through them in an order of its own.
        """
        drawn = self.settings.steps
        if self.step < drawn:
            yield from self._drawn()
        for step in range(max(self.step, drawn), self.steps):
            number, place = divmod(step, drawn)
            order = np.random.default_rng([self.seed, _ORDER, number]).permutation(drawn)
            yield self._seen_at(int(order[place]))

    def _drawn(self) -> Iterator[Item]:
        fabric, workers = self.run.fabric, self.run.workers
        return iter(
            DataLoader(
                self._pairs(self.step),
                batch_size=self._shares.own,
                num_workers=workers,
                prefetch_factor=4 if workers else None,
                worker_init_fn=leave_signals_to_parent,
                pin_memory=fabric.device.type == "cuda",
            )
        )

    def _pairs(self, start: int) -> CoveredPairs:
        return CoveredPairs(self.train, self.recipe, self.settings, self._shares, start)

    def advance(self, batch: Item | Seen) -> dict[str, float]:
        """One step on one batch of pairs."""
        rate = self.settings.learning_rate * 0.5 * (1 + math.cos(math.pi * self.step / self.steps))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        seen = batch if isinstance(batch, Seen) else self._looked_at(batch, self.step)
        inner, cells, goal, cover = (part.to(self.run.fabric.device).float() for part in seen)
        self._wrapped.train()
        self._stepper.zero_grad(set_to_none=True)
        odds, rise = self._wrapped(inner)
        loss = cover_loss(less(cells, rise.float()), goal, odds.float(), cover)
        self.run.fabric.backward(loss)
        nn.utils.clip_grad_norm_(self.covers.parameters(), _CLIP_GRADIENT)
        value = float(loss.detach())
        if math.isfinite(value):
            self._stepper.step()
        return {"loss": value, "rate": rate}

    def _seen_at(self, number: int) -> Seen:
        """Batch ``number``, which is looked at again where it was not kept."""
        try:
            with np.load(self._kept(number), allow_pickle=False) as kept:
                return Seen(*(torch.from_numpy(kept[name]) for name in Seen._fields))
        except FileNotFoundError:
            pairs, own = self._pairs(0), self._shares.own
            items = [pairs[index] for index in range(number * own, (number + 1) * own)]
            return self._looked_at(default_collate(items), number)

    def _looked_at(self, batch: Item, number: int) -> Seen:
        """Kept where there is another pass to come; halves, so that a kept one is the same."""
        bare, covered, cover = (part.to(self.run.fabric.device) for part in batch)
        inner, cells, goal = self._seen(bare, covered, cover)
        seen = Seen(inner.half(), cells, goal, _both(cover, goal))
        if self.settings.passes > 1:
            buffer, path = io.BytesIO(), self._kept(number)
            np.savez(buffer, **{name: part.cpu().numpy() for name, part in seen._asdict().items()})
            with writing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_bytes(buffer.getvalue(), path)
        return seen

    def _kept(self, number: int) -> Path:
        return self._folder / f"{self._shares.rank:03d}-{number:05d}.npz"

    @torch.no_grad()
    def _seen(self, bare: Tensor, covered: Tensor, cover: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of the covered crops the inner features and cells, and what cells they are to have.

        Reals first, 2B of each. What a cover hides of a fake is not to be seen: there the goal is
        the real crop's. Crops with nothing over them are looked at once.
        """
        count = len(bare)
        laid = cover.flatten(1).amax(dim=1) > 0
        crops = torch.cat([covered, bare[laid]]).transpose(0, 1)  # 2×(B + L)×S×S×3
        with self.run.fabric.autocast():
            inner, cells = self._frames.beneath(as_images(crops))
        inner, cells = (part.float().view(2, -1, *part.shape[1:]) for part in (inner, cells))
        goal = cells[:, :count].clone()
        goal[:, laid] = cells[:, count:]
        hidden = (_small(cover, goal.shape[-1]) / _HIDDEN).clamp(max=1)
        real, fake = goal
        goal = torch.cat([real, fake * (1 - hidden) + real * hidden])
        goal = goal - goal.mean(dim=(1, 2), keepdim=True)
        return inner[:, :count].flatten(0, 1), cells[:, :count].flatten(0, 1), goal

    def detector(self) -> FrameDetector:
        """What came in, with its covers; what was kept of pairs is needed no more."""
        if self.run.first:
            shutil.rmtree(self._folder, ignore_errors=True)
        found = copy.deepcopy(self._frames).eval()
        return found.requires_grad_(requires_grad=True)

    def weights(self) -> Mapping[str, Tensor]:
        """Of the covers alone."""
        state: dict[str, Tensor] = self.covers.state_dict()
        return state

    def state(self) -> dict[str, Any]:
        """What it came from, the covers among it, and the optimiser."""
        return {"frames": self._frames.state_dict(), "optimiser": self.optimiser.state_dict()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Undo :meth:`state`."""
        self._frames.load_state_dict(state["frames"])
        self.optimiser.load_state_dict(state["optimiser"])


def cover_loss(cells: Tensor, goal: Tensor, odds: Tensor, cover: Tensor) -> Tensor:
    """How far maps are from their goals, in their cells and in their contrast, and covers told.

    All N×s×s: centred cells after what they rise by was taken off, what they are to be, log odds of
    each cell's being covered, and the share of it that is.
    """
    each = functional.smooth_l1_loss(cells, goal, beta=_BEND, reduction="none").mean(dim=(1, 2))
    shown, wanted = (FrameDetector.sharpest(part) for part in (cells, goal))
    each = each + _CONTRAST * functional.smooth_l1_loss(shown, wanted, beta=_BEND, reduction="none")
    bare = cover.flatten(1).amax(dim=1) == 0
    target = (cover / _COVERED).clamp(max=1)
    told = functional.binary_cross_entropy_with_logits(odds, target)
    return (each * torch.where(bare, _BARE, 1.0)).mean() + _TOLD * told


def _small(cover: Tensor, side: int) -> Tensor:
    """B×M×M bytes → B×s×s, the share of each cell that is covered."""
    return functional.adaptive_avg_pool2d(cover[:, None].float() / 255, side)[:, 0]


def _both(cover: Tensor, like: Tensor) -> Tensor:
    """The same of both crops of each pair, reals first: 2B×s×s."""
    return _small(cover, like.shape[-1]).repeat(2, 1, 1)
