"""Rates over time, parameter groups, and sharpness-aware steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from unmask.training.stages import FrameStage

_RAMP = 100  # steps over which started layers take up their rate
_FRESH_RAMP = 50


def frame_optimiser(
    model: nn.Module, fresh: Collection[str], stage: FrameStage
) -> torch.optim.Optimizer:
    """AdamW over two groups: parameters with weights to start from, and those named ``fresh``."""
    named = list(model.named_parameters())
    started = [parameter for name, parameter in named if name not in fresh]
    new = [parameter for name, parameter in named if name in fresh]
    groups = [
        {"params": started, "lr": stage.learning_rate, "peak": stage.learning_rate},
        {"params": new, "lr": stage.fresh_rate, "peak": stage.fresh_rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=stage.weight_decay)


def set_rates(optimiser: torch.optim.Optimizer, stage: FrameStage, step: int) -> None:
    """Linear warm-up, then a cosine to zero; the started layers wait until the fresh ones fit.

    Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, without
    the restarts.
    """
    started, fresh = optimiser.param_groups
    cosine = 0.5 * (1 + math.cos(math.pi * step / stage.steps))
    fresh["lr"] = fresh["peak"] * cosine * min(1.0, (step + 1) / _FRESH_RAMP)
    ramp = min(1.0, max(0.0, (step - stage.warm_up) / _RAMP))
    started["lr"] = started["peak"] * cosine * ramp


def set_rate(optimiser: torch.optim.Optimizer, rate: float, step: int, steps: int) -> None:
    """For a stage that fits a network on: linear over a twentieth of the steps, then as above."""
    ramp = min(1.0, (step + 1) / max(1, steps // 20))
    cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
    for group in optimiser.param_groups:
        group["lr"] = rate * ramp * cosine


def ascend(parameters: Iterable[Tensor], radius: float) -> Callable[[], None]:
    """Move the parameters ``radius`` up their gradient; returns what moves them back, exactly.

    The first half of a step of Foret et al., "Sharpness-Aware Minimization for Efficiently
    Improving Generalization", ICLR 2021: the gradient taken up there, applied back here, leads to
    minima with flat surroundings.
    """
    moved = [parameter for parameter in parameters if parameter.grad is not None]
    gradients = [parameter.grad for parameter in moved if parameter.grad is not None]
    origins = [parameter.detach().clone() for parameter in moved]
    with torch.no_grad():  # over lists: one launch on a GPU in place of hundreds
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        steps = torch._foreach_mul(gradients, radius / (norm + 1e-12))
        torch._foreach_add_(moved, steps)

    @torch.no_grad()
    def back() -> None:
        torch._foreach_copy_(moved, origins)

    return back


@contextmanager
def statistics_held(model: nn.Module) -> Iterator[None]:
    """Batch norms normalise by their batch as before, but leave their running statistics alone."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
