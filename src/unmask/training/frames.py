"""The frame stage: fitting the backbone on pairs of a real crop and a fake."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from unmask.models.detector import FrameDetector
from unmask.training.checkpoint import CONTENTS, START
from unmask.training.losses import cut_windows, pair_loss
from unmask.training.optimisation import ascend, frame_optimiser, set_rates, statistics_held
from unmask.training.pair_set import Item, PairSet, Shares, load_pairs
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run
from unmask.training.side import Side
from unmask.training.start import Start
from unmask.training.validation import Validator


class FrameTask:
    """The frame stage as :class:`unmask.training.loop.Task`.

    Its product is the moving average of the weights (``average``), never the weights themselves.
    """

    stage = "frames"

    def __init__(
        self,
        recipe: DetectorRecipe,
        start: Start,
        train: Side,
        held: Side,
        run: Run,
    ) -> None:
        self.recipe, self.run, self.train, self.held = recipe, run, train, held
        self.settings = recipe.frame
        self.stem, self.seed = recipe.stem, recipe.seed
        self.step, self.steps = 0, self.settings.steps
        self.per_step = 2 * self.settings.pairs
        self.validate_every: int | None = self.settings.validate_every
        self._shares = Shares.of(self.settings.pairs, run)
        self.model: FrameDetector = start.frames.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._fresh, self._origin = len(start.fresh), start.origin
        self.optimiser = frame_optimiser(self.model, start.fresh, self.settings)
        self._wrapped, self._stepper = run.fabric.setup(self.model, self.optimiser)
        self._wrapped.mark_forward_method("fit_forward")
        follow = get_ema_multi_avg_fn(self.settings.ema)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(self.model, multi_avg_fn=follow, use_buffers=True)
        self._validator = Validator(held, self.settings, seed=self.seed, workers=run.workers)

    def seal(self) -> Mapping[str, Any]:
        """The recipe's part, the data, whose weights it began with, and how many layers without.

        Later stages rest on this one's data. Fresh layers have a rate of their own in the
        optimiser, whose state fits no other number of them.
        """
        return {
            "seed": self.seed,
            "backbone": self.recipe.backbone,
            "precision": self.recipe.precision,
            "frame": self.settings.model_dump(),
            "data": self.train.counts(),
            CONTENTS: {"fitted on": self.train.contents, "held out": self.held.contents},
            START: self._origin,
            "fresh layers": self._fresh,
        }

    def batches(self) -> Iterator[Item]:
        """Numbered pairs from ``step`` on, drawn by ``run.workers`` processes."""
        shares = self._shares
        pairs = PairSet(self.train, self.settings, shares, seed=(self.seed,), start=self.step)
        return load_pairs(pairs, shares.own, self.run)

    def advance(self, batch: Item) -> dict[str, float]:
        """One step on one batch of pairs, sharpness-aware if the recipe says so."""
        stage, fabric = self.settings, self.run.fabric
        set_rates(self.optimiser, stage, self.step)
        whole = self.step >= stage.steps * (1 - stage.whole_share)
        crops, masks, located = (part.to(fabric.device, non_blocking=True) for part in batch)
        place = (self.step, 7, fabric.global_rank)
        x, masks = cut_windows(crops, masks, stage.size if whole else stage.window, place)
        self._wrapped.train()
        loss = self._backward(x, masks, located)
        if not math.isfinite(loss):
            return {"loss": loss}
        if stage.sharpness:
            back = ascend(self.model.parameters(), stage.sharpness)
            with statistics_held(self.model):
                self._stepper.zero_grad()
                self._backward(x, masks, located)
            back()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), stage.clip_gradient)
        self._stepper.step()
        self.average.update_parameters(self.model)
        rates = {"rate": self.optimiser.param_groups[0]["lr"]}
        return {"loss": loss, "gradient": float(norm), **rates}

    def _backward(self, x: Tensor, masks: Tensor, located: Tensor) -> float:
        self._stepper.zero_grad(set_to_none=True)
        averaged = self.step < self.settings.steps * self.settings.averaged_share
        with self.run.fabric.autocast():  # a marked method has none of its own on one device
            logits, cells = self._wrapped.fit_forward(x, averaged)
        weight = self.settings.cells_weight
        loss = pair_loss(
            logits.float(), cells.float(), masks, located, weight, contrasts=not averaged
        )
        self.run.fabric.backward(loss)
        return float(loss.detach())

    def validate(self) -> tuple[float, dict[str, float]]:
        """Mean AUC over the kinds of fakes on held-out people, and each."""
        return self._validator.score(self.detector(), self.run.fabric)

    def detector(self) -> FrameDetector:
        """The averaged weights, for validation, features and export."""
        model = self.average.module
        assert isinstance(model, FrameDetector)
        return model.eval()

    def weights(self) -> Mapping[str, Tensor]:
        """Of the average."""
        state: dict[str, Tensor] = self.detector().state_dict()
        return state

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        """Into the average."""
        self.detector().load_state_dict(weights)

    def state(self) -> dict[str, Any]:
        """Weights, their average, the optimiser."""
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Undo :meth:`state`."""
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
