"""What fits both kinds of renderer: a small network, a loss of what it draws, at times a critic."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from unmask.models.renderer import PatchCritic
from unmask.models.weights import write_tensors
from unmask.training.faults import writing
from unmask.training.loop import Fit
from unmask.training.recipe import AnimatorRecipe, RendererRecipe
from unmask.training.run import Run
from unmask.training.seals import Seal, check_network, write_note

_CRITIC_RATE = 4e-4
_BETAS = (0.5, 0.99)
Net = TypeVar("Net", bound=nn.Module)
Batch = TypeVar("Batch")


class DrawerTask(ABC, Generic[Net, Batch]):
    """A network as :class:`unmask.training.loop.Task`; nothing is validated, the last step counts.

    The critic joins after two fifths of the steps, once there is a face to judge.
    """

    per_step: int
    validate_every: int | None = None

    def __init__(
        self, recipe: RendererRecipe | AnimatorRecipe, make: Callable[[], Net], run: Run
    ) -> None:
        self._fabric, self._weight = run.fabric, recipe.critic_weight
        self.stage = self.stem = recipe.name
        self.seed, self.per_step = recipe.seed, recipe.batch
        self.step, self.steps = 0, max(1, recipe.samples // recipe.batch)
        torch.manual_seed(recipe.seed)
        device = run.fabric.device  # small: with several processes each fits the same one
        self.net: Net = make().to(device)
        self._critic = PatchCritic().to(device)
        self._optimisers = (
            torch.optim.AdamW(self.net.parameters(), recipe.learning_rate, betas=_BETAS),
            torch.optim.AdamW(self._critic.parameters(), _CRITIC_RATE, betas=_BETAS),
        )
        self._schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self._optimisers[0], self.steps)

    @abstractmethod
    def seal(self) -> Mapping[str, Any]:
        """The recipe, and how much data there is."""

    @abstractmethod
    def batches(self) -> Iterator[Batch]:
        """Drawn by the step's number."""

    @abstractmethod
    def draw(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Under autocast: what is drawn and what is wanted, N×3×S×S float32, and the loss."""

    def advance(self, batch: Batch) -> dict[str, float]:
        """One step of the network, and one of its critic."""
        judged = self._weight > 0 and self.step > self.steps * 2 // 5
        with self._fabric.autocast():
            drawn, wanted, loss = self.draw(batch)
            if judged:
                loss = loss - self._weight * self._critic(drawn).float().mean()
        _descend(self._optimisers[0], loss)
        self._schedule.step()
        figures = {"loss": float(loss.detach())}
        if judged:
            figures["critic"] = self._teach(wanted, drawn.detach())
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
        """Of the network, not of its critic."""
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


def fit_drawer(
    task: Callable[[], DrawerTask[Any, Any]], name: str, made_of: Seal, run: Run
) -> Path:
    """Fit to the end; returns the safetensors' path.

    ``task`` is not made where the network has been fitted already, which must have been by the
    recipe and on the faces of ``made_of``. :class:`DataError` otherwise.
    """
    weights = run.work / f"{name}.safetensors"
    if weights.exists():
        check_network(weights, made_of)
        return weights
    with run.claim(name):
        fit = Fit(task(), run, again=f"delete {name}.ckpt there")
        fit.go()
        if run.first:
            write_note(weights, made_of)
            with writing(weights):
                write_tensors(fit.task.weights(), weights)
            fit.checkpoint.unlink(missing_ok=True)
        run.fabric.barrier()
    return weights


def as_input(pictures: Tensor) -> Tensor:
    """N×S×S×3 bytes → N×3×S×S in −1…1, channels last, on the same device."""
    x = pictures.permute(0, 3, 1, 2)
    return (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def as_bytes(drawn: Tensor) -> NDArray[np.uint8]:
    """N×3×S×S in −1…1 → N×S×S×3 bytes."""
    y = ((drawn.float() + 1) * 127.5).round().clamp(0, 255).byte()
    found: NDArray[np.uint8] = y.permute(0, 2, 3, 1).cpu().numpy()
    return found


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    optimiser.step()
