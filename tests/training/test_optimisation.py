"""Steps: rates over time, parameter groups, sharpness-aware steps, the losses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from unmask.training.losses import cut_windows, pair_loss
from unmask.training.optimisation import ascend, frame_optimiser, set_rates, statistics_held
from unmask.training.pair_set import Shares
from unmask.training.recipe import DetectorRecipe
from unmask.training.validation import auc


def test_rates_rise_and_fall(recipe: DetectorRecipe) -> None:
    stage = recipe.frame.model_copy(update={"steps": 1000, "warm_up": 100})
    model = nn.ModuleDict({"old": nn.Linear(2, 2), "new": nn.Linear(2, 2)})
    optimiser = frame_optimiser(model, {"new.weight", "new.bias"}, stage)
    started, fresh = optimiser.param_groups
    assert len(started["params"]) == len(fresh["params"]) == 2
    rates = []
    for step in range(1001):
        set_rates(optimiser, stage, step)
        rates.append((started["lr"], fresh["lr"]))
    assert [rate[0] for rate in rates[:101]] == [0.0] * 101  # the fresh layers go first
    assert rates[0][1] == pytest.approx(stage.fresh_rate / 50)
    assert max(rate[1] for rate in rates) == pytest.approx(stage.fresh_rate, rel=0.01)
    assert rates[200][0] == pytest.approx(0.9045 * stage.learning_rate, rel=1e-3)
    assert rates[-1] == pytest.approx((0, 0), abs=1e-12)


def test_ascent_is_of_the_radius_and_undone_exactly() -> None:
    torch.manual_seed(0)
    parameters = [torch.randn(3, 4, requires_grad=True), torch.randn(5, requires_grad=True)]
    torch.autograd.backward(sum(((p**2).sum() for p in parameters), torch.tensor(0.0)))
    before = [p.detach().clone() for p in parameters]
    back = ascend(parameters, 0.1)
    moved = torch.cat([(p - b).reshape(-1) for p, b in zip(parameters, before, strict=True)])
    assert float(moved.detach().norm()) == pytest.approx(0.1, rel=1e-4)
    along = sum(
        float(((p.detach() - b) * p.grad).sum())
        for p, b in zip(parameters, before, strict=True)
        if p.grad is not None
    )
    assert along > 0  # uphill
    back()
    assert all(torch.equal(p, b) for p, b in zip(parameters, before, strict=True))


def test_sharpness_aware_steps_find_the_flat_minimum() -> None:
    """A narrow deep minimum beside a wide shallow one: plain descent falls into the narrow one."""

    def loss(x: torch.Tensor) -> torch.Tensor:
        return 0.1 * (x + 2) ** 2 - 1.5 * torch.exp(-(((x - 0.5) / 0.2) ** 2))

    ends = []
    for radius in (0.0, 0.6):
        x = torch.tensor(0.8, requires_grad=True)
        optimiser = torch.optim.SGD([x], 0.02)
        for _ in range(1500):
            optimiser.zero_grad()
            torch.autograd.backward(loss(x))
            if radius:
                back = ascend([x], radius)
                optimiser.zero_grad()
                torch.autograd.backward(loss(x))
                back()
            optimiser.step()
        ends.append(float(x.detach()))
    assert ends[0] == pytest.approx(0.5, abs=0.1)
    assert ends[1] < 0


def test_statistics_are_held_and_come_back() -> None:
    norm = nn.BatchNorm2d(2)
    with statistics_held(norm):
        norm(torch.randn(4, 2, 3, 3) + 5)
    assert norm.running_mean is not None
    assert norm.running_mean.abs().max() == 0
    norm(torch.randn(4, 2, 3, 3) + 5)
    assert norm.running_mean.abs().max() > 0


def test_a_window_shows_the_same_place_of_both_crops_and_the_mask() -> None:
    ramp = np.arange(56, dtype=np.uint8)
    crops = np.zeros((3, 2, 56, 56, 3), np.uint8)
    crops[:, 0, :, :, 0], crops[:, 1, :, :, 0] = ramp[:, None], ramp[:, None] + 100
    crops[..., 1] = ramp[None, :]
    masks = np.repeat((np.arange(28, dtype=np.uint8) * 2)[:, None], 28, axis=1)
    both = (torch.from_numpy(crops), torch.from_numpy(np.stack([masks] * 3)))
    x, cut = cut_windows(*both, 20, (4, 7))
    assert x.shape == (6, 3, 20, 20)
    assert cut.shape == (3, 1, 10, 10)
    pixels = ((x + 1) * 127.5).round()
    assert torch.equal(pixels[:3, 0] + 100, pixels[3:, 0])
    assert torch.equal(pixels[:3, 1], pixels[3:, 1])
    rows = pixels[:3, 0, ::2, 0]  # a pixel of the mask is two of the crop
    assert torch.equal((cut[:, 0, :, 0] * 255).round(), rows)
    again, _ = cut_windows(*both, 20, (4, 7))
    other, _ = cut_windows(*both, 20, (5, 7))
    assert torch.equal(x, again)
    assert not torch.equal(x, other)
    whole, all_of_it = cut_windows(*both, 56, (4, 7))
    assert torch.equal(((whole + 1) * 127.5).round()[:3, 1, 5], both[0][:, 0, 5, :, 1].float())
    assert torch.equal((all_of_it[:, 0] * 255).round(), both[1].float())


def test_the_loss_leaves_out_what_cannot_be_seen_or_is_not_known() -> None:
    logits = torch.tensor([-9.0, -9.0, 9.0, -9.0])  # the second fake is missed
    cells = torch.full((4, 2, 2), -9.0)
    masks = torch.ones(2, 1, 4, 4)
    known = torch.ones(2)
    bad = float(pair_loss(logits, cells, masks, known, 0.0))
    assert bad > 2
    masks[1] = 0  # it shows nothing of the manipulation: nobody could tell
    assert float(pair_loss(logits, cells, masks, known, 0.0)) < 0.01
    assert float(pair_loss(logits, cells, masks, known, 1.0)) > 2  # cells of the first are wrong
    assert float(pair_loss(logits, cells, masks, torch.tensor([0.0, 1.0]), 1.0)) < 0.01


def test_nothing_stands_out_of_a_fake_that_is_all_there_is_to_see() -> None:
    logits = torch.tensor([-9.0, -9.0, 9.0, -9.0])
    cells = torch.full((4, 2, 2), -9.0)
    masks = torch.ones(2, 1, 4, 4)
    known = torch.ones(2)
    masks[0, 0, 2:] = 0
    assert float(pair_loss(logits, cells, masks, known, 0.0)) > 2
    assert float(pair_loss(logits, cells, masks, known, 0.0, contrasts=True)) < 0.01
    unknown = torch.tensor([1.0, 0.0])  # a data set's fake: its mask says nothing
    assert float(pair_loss(logits, cells, masks, unknown, 0.0, contrasts=True)) > 2


@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 40))
def test_processes_share_the_pairs_of_each_step(world: int, own: int, step: int) -> None:
    pairs = own * world
    drawn = [
        Shares(pairs, rank, world).number(step * own + i)
        for rank in range(world)
        for i in range(own)
    ]
    assert sorted(drawn) == list(range(step * pairs, (step + 1) * pairs))


@settings(max_examples=30)
@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=9),
    st.lists(st.integers(-3, 3), min_size=1, max_size=9),
)
def test_auc_counts_pairs(real: list[int], fake: list[int]) -> None:
    wins = sum((f > r) + 0.5 * (f == r) for f in fake for r in real) / len(real) / len(fake)
    assert auc(np.array(real, float), np.array(fake, float)) == pytest.approx(wins)
