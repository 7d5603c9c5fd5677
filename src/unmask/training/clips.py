"""The clip stage: an LSTM over features of the finished frame detector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from unmask.models.detector import TemporalDetector
from unmask.training.features import ClipFeatures
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run
from unmask.training.validation import auc

_DECAY = 0.05
_LEAST_SPREAD = 0.05  # a feature that hardly varies is not blown up to unit spread
_EPOCHS = 3  # salt: orders of epochs are drawn apart from everything else


class ClipTask:
    """The clip stage as :class:`unmask.training.loop.Task`; the epoch of least loss is kept."""

    stage = "clips"

    def __init__(
        self,
        recipe: DetectorRecipe,
        start: TemporalDetector | None,
        train: ClipFeatures,
        held: ClipFeatures,
        run: Run,
    ) -> None:
        self.recipe, self.settings = recipe, recipe.clip
        self.stem, self.seed = f"{recipe.stem}-temporal", recipe.seed
        self._epoch = -(-len(train.labels) // self.settings.batch)
        self.step, self.steps = 0, self._epoch * self.settings.epochs
        self.per_step = self.settings.batch * self.settings.frames
        self.validate_every: int | None = self._epoch
        torch.manual_seed(self.seed)
        model = start or _standardised(self.settings.hidden, train)
        self._held, self._device = held, run.fabric.device
        # The clip stage is small: every process fits the same one, and none waits for another.
        self.model = model.to(self._device)
        self._features = torch.from_numpy(train.features).to(self._device)
        self._labels = torch.from_numpy(train.labels).float().to(self._device)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), self.settings.learning_rate, weight_decay=_DECAY
        )
        self._schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimiser, self.steps)

    def seal(self) -> Mapping[str, Any]:
        """The recipe's part, and what the features are like."""
        return {
            "seed": self.seed,
            "clip": self.settings.model_dump(),
            "features": float(self._features.double().sum()),
        }

    def batches(self) -> Iterator[Tensor]:
        """Row numbers from ``step`` on; an epoch's order depends on its number alone."""
        for step in range(self.step, self.steps):
            epoch, batch = divmod(step, self._epoch)
            rng = np.random.default_rng([self.seed, _EPOCHS, epoch])
            order = torch.from_numpy(rng.permutation(len(self._labels)))
            yield order[batch * self.settings.batch : (batch + 1) * self.settings.batch]

    def advance(self, batch: Tensor) -> dict[str, float]:
        """One step on one batch of clips."""
        self.model.train()
        rows = batch.to(self._device)
        loss = functional.binary_cross_entropy_with_logits(
            self.model(self._features[rows]), self._labels[rows]
        )
        self.optimiser.zero_grad()
        torch.autograd.backward(loss)
        self.optimiser.step()
        self._schedule.step()
        return {"loss": float(loss.detach())}

    def validate(self) -> tuple[float, dict[str, float]]:
        """Less loss on held-out clips is better."""
        logits = clip_logits(self.model, self._held.features).astype(np.float64)
        labels = self._held.labels
        loss = float(np.mean(np.logaddexp(0, np.where(labels == 1, -logits, logits))))
        return -loss, {"loss/held-out": loss, "auc": auc(logits[labels == 0], logits[labels == 1])}

    def weights(self) -> Mapping[str, Tensor]:
        """Of the LSTM and its head."""
        return self.model.state_dict()

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        """See :class:`Task`."""
        self.model.load_state_dict(weights)

    def state(self) -> dict[str, Any]:
        """Weights, optimiser, schedule."""
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self._schedule.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Undo :meth:`state`."""
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])


def clip_logits(model: TemporalDetector, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """B×T×D → clip logits B."""
    with torch.inference_mode():
        device = model.mean.device
        logits = model.eval()(torch.from_numpy(features).to(device))
    found: NDArray[np.float32] = logits.float().cpu().numpy()
    return found


def _standardised(hidden: int, train: ClipFeatures) -> TemporalDetector:
    """A fresh LSTM with the features' own mean and spread."""
    flat = train.features.reshape(-1, train.features.shape[-1])
    model = TemporalDetector(hidden, flat.shape[1])
    model.mean.copy_(torch.from_numpy(flat.mean(axis=0)))
    model.scale.copy_(torch.from_numpy(1 / (flat.std(axis=0) + _LEAST_SPREAD)))
    return model
