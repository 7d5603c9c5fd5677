"""Fitting a renderer, and drawing every portrait with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from unmask.models.renderer import PatchCritic, Renderer, reconstruction_loss
from unmask.models.weights import read_tensors, write_tensors
from unmask.training.faults import writing
from unmask.training.loop import Fit
from unmask.training.material import Portrait, decode
from unmask.training.recipe import RendererRecipe
from unmask.training.run import Run

_CRITIC_RATE = 4e-4
_BETAS = (0.5, 0.99)
_BATCH = 32


class RendererTask:
    """A renderer as :class:`unmask.training.loop.Task`; nothing is validated, the last step counts.

    The critic joins after two fifths of the steps, once there is a face to judge.
    """

    per_step: int
    validate_every: int | None = None

    def __init__(self, recipe: RendererRecipe, portraits: Sequence[Portrait], run: Run) -> None:
        self.recipe, self._fabric = recipe, run.fabric
        self.stage = self.stem = recipe.name
        self.seed, self.per_step = recipe.seed, recipe.batch
        self.step, self.steps = 0, max(1, recipe.samples // recipe.batch)
        self._pictures = shrink_all(portraits, recipe.side)
        torch.manual_seed(recipe.seed)
        device = run.fabric.device  # small: with several processes each fits the same one
        self.net = Renderer(recipe.upsampling, recipe.bottleneck).to(device)
        self._critic = PatchCritic().to(device)
        self._optimisers = (
            torch.optim.AdamW(self.net.parameters(), recipe.learning_rate, betas=_BETAS),
            torch.optim.AdamW(self._critic.parameters(), _CRITIC_RATE, betas=_BETAS),
        )
        self._schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self._optimisers[0], self.steps)

    def seal(self) -> Mapping[str, Any]:
        """The recipe and how many portraits there are."""
        return {"recipe": self.recipe.model_dump(), "portraits": len(self._pictures)}

    def batches(self) -> Iterator[Tensor]:
        """Pictures N×3×S×S, drawn by the step's number."""
        for step in range(self.step, self.steps):
            rng = np.random.default_rng([self.seed, step])
            chosen = rng.integers(0, len(self._pictures), self.recipe.batch)
            yield as_input(self._pictures[chosen]).to(self._fabric.device)

    def advance(self, batch: Tensor) -> dict[str, float]:
        """One step of the renderer, and one of its critic."""
        judged = self.recipe.critic_weight > 0 and self.step > self.steps * 2 // 5
        with self._fabric.autocast():
            drawn = self.net(batch).float()
            loss = reconstruction_loss(drawn, batch)
            if judged:
                loss = loss - self.recipe.critic_weight * self._critic(drawn).float().mean()
        _descend(self._optimisers[0], loss)
        self._schedule.step()
        figures = {"loss": float(loss.detach())}
        if judged:
            figures["critic"] = self._teach(batch, drawn.detach())
        return figures

    def _teach(self, real: Tensor, drawn: Tensor) -> float:
        with self._fabric.autocast():
            loss = (
                functional.relu(1 - self._critic(real).float()).mean()
                + functional.relu(1 + self._critic(drawn).float()).mean()
            )
        _descend(self._optimisers[1], loss)
        return float(loss.detach())

    def validate(self) -> tuple[float, dict[str, float]]:
        """Never asked for."""
        raise NotImplementedError

    def weights(self) -> Mapping[str, Tensor]:
        """Of the renderer."""
        return self.net.state_dict()

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        """See :class:`Task`."""
        self.net.load_state_dict(weights)

    def state(self) -> dict[str, Any]:
        """Both networks, both optimisers, the schedule."""
        return {
            "net": self.net.state_dict(),
            "critic": self._critic.state_dict(),
            "optimisers": [one.state_dict() for one in self._optimisers],
            "schedule": self._schedule.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Undo :meth:`state`."""
        self.net.load_state_dict(state["net"])
        self._critic.load_state_dict(state["critic"])
        for optimiser, kept in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        self._schedule.load_state_dict(state["schedule"])


def fit_renderer(recipe: RendererRecipe, portraits: Sequence[Portrait], run: Run) -> Path:
    """Fit on the portraits given (never on validation people); returns the safetensors' path.

    A renderer that is there already is not fitted again.
    """
    weights = run.work / f"{recipe.name}.safetensors"
    if not weights.exists():
        fit = Fit(RendererTask(recipe, portraits, run), run)
        fit.go()
        if run.first:
            with writing(weights):
                write_tensors(fit.task.weights(), weights)
            fit.checkpoint.unlink(missing_ok=True)
        run.fabric.barrier()
    return weights


def draw_all(
    recipe: RendererRecipe, weights: Path, portraits: Sequence[Portrait], run: Run
) -> NDArray[np.uint8]:
    """Every portrait as this renderer draws it: N×S×S×3, uint8, RGB."""
    net = Renderer(recipe.upsampling, recipe.bottleneck)
    net.load_state_dict(read_tensors(weights))
    net.to(run.fabric.device).eval()
    pictures = shrink_all(portraits, recipe.side)
    drawn = np.empty_like(pictures)
    with torch.inference_mode(), run.fabric.autocast():
        for start in range(0, len(pictures), _BATCH):
            x = as_input(pictures[start : start + _BATCH]).to(run.fabric.device)
            y = ((net(x).float() + 1) * 127.5).round().clamp(0, 255).byte()
            drawn[start : start + _BATCH] = y.permute(0, 2, 3, 1).cpu().numpy()
    return drawn


def shrink_all(portraits: Sequence[Portrait], side: int) -> NDArray[np.uint8]:
    """All pictures at one side: N×S×S×3."""
    pictures = np.empty((len(portraits), side, side, 3), dtype=np.uint8)
    for index, portrait in enumerate(portraits):
        pictures[index] = cv2.resize(
            decode(portrait.data), (side, side), interpolation=cv2.INTER_AREA
        )
    return pictures


def as_input(pictures: NDArray[np.uint8]) -> Tensor:
    """N×S×S×3 bytes → N×3×S×S in −1…1, channels last."""
    x = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    return (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    optimiser.step()
