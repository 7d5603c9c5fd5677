"""The faint stage: the later blocks fitted on with traces made faint, then a part of the way there.

What our own forgeries leave is an order of magnitude stronger than what real tools leave, and a
network that tells them apart with ease has no reason to look closer. So fakes are drawn towards
their originals until little is left (:class:`unmask.training.pairs.Fading`). By itself that
unlearns as much as it teaches: on real tools' files what comes out does worse than what went in.
A fifth of the way from one to the other, in weight space, does better than both
(Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from unmask.core.errors import DataError
from unmask.models.detector import FrameDetector
from unmask.training.loop import Unchosen
from unmask.training.losses import as_images, pair_loss
from unmask.training.optimisation import set_rate
from unmask.training.pair_set import Item, PairSet, Shares, load_pairs
from unmask.training.pairs import Fading
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run
from unmask.training.side import Side
from unmask.training.stages import FaintStage

_DRAWN = 9  # salt


class FaintTask(Unchosen):
    """The faint stage as :class:`unmask.training.loop.Task`.

    Nothing is chosen by validation: held-out pseudo-fakes are told apart no better for it.
    """

    stage = "faint"

    def __init__(
        self,
        recipe: DetectorRecipe,
        settings: FaintStage,
        frames: FrameDetector,
        train: Side,
        run: Run,
    ) -> None:
        self.recipe, self.settings, self.run, self.train = recipe, settings, run, train
        self.stem, self.seed = f"{recipe.stem}-faint", recipe.seed
        self.step, self.steps = 0, settings.steps
        self.per_step = 2 * settings.pairs
        self._shares = Shares.of(settings.pairs, run)
        self._from = copy.deepcopy(frames).eval()
        model = copy.deepcopy(frames).eval()  # batch norms keep their statistics throughout
        self.model: FrameDetector = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        _keep(self.model, settings.kept_blocks)
        fitted = [one for one in self.model.parameters() if one.requires_grad]
        self.optimiser = torch.optim.AdamW(fitted, settings.learning_rate, weight_decay=0.01)
        self._wrapped, self._stepper = run.fabric.setup(self.model, self.optimiser)
        self._wrapped.mark_forward_method("fit_forward")
        follow = get_ema_multi_avg_fn(settings.ema)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(self.model, multi_avg_fn=follow)

    def seal(self) -> Mapping[str, Any]:
        """The recipe's parts, how much data there is."""
        return {
            "seed": self.seed,
            "precision": self.recipe.precision,
            "frame": self.recipe.frame.model_dump(),
            "faint": self.settings.model_dump(),
            "data": self.train.counts(),
        }

    def batches(self) -> Iterator[Item]:
        """Numbered pairs from ``step`` on, others than the frame stage's."""
        own = self.settings
        drawn = self.recipe.frame.model_copy(update={"steps": own.steps, "pairs": own.pairs})
        pairs = PairSet(
            self.train,
            drawn,
            self._shares,
            seed=(self.seed, _DRAWN),
            start=self.step,
            fading=Fading(own.least, own.whole_share),
        )
        return load_pairs(pairs, self._shares.own, self.run)

    def advance(self, batch: Item) -> dict[str, float]:
        """One step on one batch of pairs."""
        set_rate(self.optimiser, self.settings.learning_rate, self.step, self.steps)
        crops, masks, located = (part.to(self.run.fabric.device) for part in batch)
        self._stepper.zero_grad(set_to_none=True)
        with self.run.fabric.autocast():
            logits, cells = self._wrapped.fit_forward(as_images(crops.transpose(0, 1)), False)
        loss = pair_loss(
            logits.float(),
            cells.float(),
            masks.unsqueeze(1).float() / 255,
            located,
            self.recipe.frame.cells_weight,
            contrasts=True,
        )
        self.run.fabric.backward(loss)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip_gradient)
        value = float(loss.detach())
        if math.isfinite(value):
            self._stepper.step()
            self.average.update_parameters(self.model)
        return {"loss": value, "rate": self.optimiser.param_groups[0]["lr"]}

    def detector(self) -> FrameDetector:
        """``settings.part`` of the way from what came in to what was fitted."""
        found = copy.deepcopy(self._from)
        fitted = dict(self.average.module.named_parameters())
        with torch.no_grad():
            for name, value in found.named_parameters():
                value.lerp_(fitted[name].to(value.device), self.settings.part)
        return found

    def weights(self) -> Mapping[str, Tensor]:
        """Of :meth:`detector`."""
        state: dict[str, Tensor] = self.detector().state_dict()
        return state

    def state(self) -> dict[str, Any]:
        """What it came from, weights, their average, the optimiser."""
        return {
            "from": self._from.state_dict(),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Undo :meth:`state`."""
        self._from.load_state_dict(state["from"])
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])


def _keep(model: FrameDetector, blocks: int) -> None:
    """Leave the head, and the trunk up to and including block ``blocks``, as they are."""
    model.head.requires_grad_(requires_grad=False)
    if not blocks:
        return
    kept = [name for name, _ in model.trunk.named_children()]
    if f"block{blocks}" not in kept:
        raise DataError(
            f"faint.kept_blocks: the backbone has no block {blocks} to keep",
            hint="0 fits all of it",
        )
    for name in kept[: kept.index(f"block{blocks}") + 1]:
        model.trunk.get_submodule(name).requires_grad_(requires_grad=False)
