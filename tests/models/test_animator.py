"""The animator's parts: what landmarks propose, and that it learns to move."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from unmask.models.animator import Animator, animation_loss
from unmask.models.renderer import Upsampling

POINTS = torch.tensor([[0.4, 0.4], [0.6, 0.4], [0.5, 0.5], [0.42, 0.6], [0.58, 0.6]])


@pytest.mark.parametrize("kind", ["transposed", "nearest", "bilinear", "shuffle"])
def test_shapes_and_ranges(kind: Upsampling) -> None:
    torch.manual_seed(1)
    before = POINTS.expand(2, 5, 2)
    with torch.no_grad():
        moved = Animator(kind, 8)(torch.rand(2, 3, 48, 48) * 2 - 1, before, before + 0.02)
    assert moved.drawn.shape == (2, 3, 48, 48)
    assert moved.flow.shape == (2, 2, 12, 12)
    assert moved.warped.shape == (2, 3, 12, 12)
    assert moved.shown.shape == (2, 1, 12, 12)
    assert moved.drawn.abs().max() <= 1
    assert 0 < moved.shown.min() <= moved.shown.max() < 1


def test_landmarks_that_stay_propose_no_flow() -> None:
    """Only the small correction is left, whatever the network weighs."""
    torch.manual_seed(2)
    net = Animator("shuffle", 8)
    torch.nn.init.zeros_(net.motion.head.weight)
    torch.nn.init.zeros_(net.motion.head.bias)
    source, before = torch.rand(1, 3, 32, 32), POINTS[None]
    with torch.no_grad():
        still = net(source, before, before)
        shifted = net(source, before, before + 0.1)
    assert still.flow.abs().max() < 1e-4
    small = functional.avg_pool2d(source, 4)
    torch.testing.assert_close(still.warped, small, atol=1e-3, rtol=0)
    # Six of seven proposals carry the face along: taken from where it was, a tenth to the left.
    torch.testing.assert_close(
        shifted.flow, torch.full_like(shifted.flow, -0.1 * 6 / 7), atol=1e-3, rtol=0
    )


def test_its_flow_learns_to_follow_the_landmarks() -> None:
    """A disc that goes with the landmarks, over a background that stays."""
    torch.manual_seed(3)
    net = Animator("nearest", 8)
    optimiser = torch.optim.AdamW(net.parameters(), 4e-3)
    rng = np.random.default_rng(1)

    def batch() -> tuple[torch.Tensor, ...]:
        shifts = torch.from_numpy(rng.uniform(-0.15, 0.15, (8, 2, 2)).astype(np.float32))
        points = POINTS + shifts[:, :, None]
        grid = (torch.arange(32) + 0.5) / 32
        y, x = torch.meshgrid(grid, grid, indexing="ij")
        middle = points.mean(dim=2)[..., None, None]
        inside = ((x - middle[:, :, 0]) ** 2 + (y - middle[:, :, 1]) ** 2 < 0.03).float()
        ramp = (x * 2 - 1)[None, None]
        pictures = torch.stack([inside * 2 - 1, ramp * (1 - inside), -inside], dim=2)
        return pictures[:, 0], points[:, 0], pictures[:, 1], points[:, 1]

    for _ in range(60):
        source, before, wanted, after = batch()
        moved = net(source, before, after)
        optimiser.zero_grad()
        torch.autograd.backward(animation_loss(moved, wanted))
        optimiser.step()
    source, before, wanted, after = batch()
    with torch.no_grad():
        moved = net(source, before, after)
    small = functional.avg_pool2d(torch.cat([source, wanted]), 4)
    start, goal = small.chunk(2)
    assert (moved.warped - goal).abs().mean() < 0.6 * (start - goal).abs().mean()
