"""Fitting a renderer, and drawing every portrait with it."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from unmask.models.renderer import PatchCritic, Renderer, reconstruction_loss
from unmask.models.weights import read_tensors, write_tensors
from unmask.training.material import Portrait, decode
from unmask.training.recipe import RendererRecipe

log = logging.getLogger(__name__)


def fit_renderer(recipe: RendererRecipe, portraits: Sequence[Portrait], out: Path) -> None:
    """Fit on the portraits given (never on validation people) and write safetensors to ``out``."""
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    pictures = shrink_all(portraits, recipe.side)
    net = Renderer(recipe.upsampling, recipe.bottleneck)
    critic = PatchCritic()
    optimiser = torch.optim.AdamW(net.parameters(), recipe.learning_rate, betas=(0.5, 0.99))
    critic_optimiser = torch.optim.AdamW(critic.parameters(), 4e-4, betas=(0.5, 0.99))
    steps = recipe.samples // recipe.batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    started = time.monotonic()
    for step in range(steps):
        x = as_input(pictures[rng.integers(0, len(pictures), recipe.batch)])
        judged = recipe.critic_weight > 0 and step > steps * 2 // 5
        with torch.autocast("cpu", torch.bfloat16):
            y = net(x).float()
            loss = reconstruction_loss(y, x)
            if judged:
                loss = loss - recipe.critic_weight * critic(y).float().mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
        if judged:
            _teach(critic, critic_optimiser, x, y.detach())
        if step % 100 == 0:
            spent = time.monotonic() - started
            log.info("%s %d/%d loss %.4f %.0f s", recipe.name, step, steps, float(loss), spent)
    write_tensors(net, out)


def _teach(
    critic: PatchCritic, optimiser: torch.optim.Optimizer, real: Tensor, drawn: Tensor
) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        loss = (
            functional.relu(1 - critic(real).float()).mean()
            + functional.relu(1 + critic(drawn).float()).mean()
        )
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    optimiser.step()


def draw_all(
    recipe: RendererRecipe, weights: Path, portraits: Sequence[Portrait]
) -> NDArray[np.uint8]:
    """Every portrait as this renderer draws it: N×S×S×3, uint8, RGB."""
    net = Renderer(recipe.upsampling, recipe.bottleneck)
    net.load_state_dict(read_tensors(weights))
    net.eval()
    pictures = shrink_all(portraits, recipe.side)
    drawn = np.empty_like(pictures)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(pictures), 32):
            y = net(as_input(pictures[start : start + 32])).float()
            drawn[start : start + 32] = (
                ((y + 1) * 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
            )
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
