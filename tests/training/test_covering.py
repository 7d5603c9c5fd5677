"""The cover stage: the pairs it draws, what it fits, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra 'train' is not installed")

import torch

from unmask.core.errors import DataError
from unmask.training.covering import CoveredPairs, CoverTask, Seen, cover_loss
from unmask.training.loop import Fit
from unmask.training.pair_set import Shares
from unmask.training.pairs import CoveredPair, Fading, draw_covered_pair
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run
from unmask.training.side import Side
from unmask.training.sources import read_sides
from unmask.training.stages import CoverStage
from unmask.training.start import start_from


@pytest.fixture
def train(faces: Path, recipe: DetectorRecipe, run_in: Callable[..., Run], tmp_path: Path) -> Side:
    return read_sides([faces], recipe, [], run_in(tmp_path))[0]


def drawn(side: Side, recipe: DetectorRecipe, seed: int, share: float) -> CoveredPair:
    rng = np.random.default_rng(seed)
    fading = Fading(0.08, 0.6)
    plain = recipe.frame.model_copy(update={"degradation": 0.0})
    return draw_covered_pair(side.portraits, [], plain, rng, fading=fading, share=share)


def test_both_are_laid_over_alike_and_elsewhere_nothing_changes(
    train: Side, recipe: DetectorRecipe
) -> None:
    size, shares = recipe.frame.size, []
    for seed in range(12):
        pair = drawn(train, recipe, seed, share=0.999)
        assert pair.bare.shape == pair.covered.shape == (2, size, size, 3)
        changed = np.abs(pair.covered.astype(int) - pair.bare).max(axis=-1)
        opaque = changed > 1  # a soft edge ends below what a mask of bytes can say
        unit = size // pair.cover.shape[0]
        cover = np.kron(pair.cover, np.ones((unit, unit), int))
        around = np.pad(cover, 1, mode="edge")  # a mask is cut and made small apart from pictures
        near = np.max([around[y : y + size, x : x + size] for y in range(3) for x in range(3)], 0)
        assert not opaque[:, near == 0].any()
        hidden = cover == 255
        apart = np.abs(pair.covered[0].astype(int) - pair.covered[1]).max(axis=-1)
        assert np.mean(apart[hidden] <= 2) > 0.9 if hidden.sum() > 50 else True
        shares.append(hidden.mean())
    assert max(shares) > 0.05


def test_some_pairs_have_nothing_over_them(train: Side, recipe: DetectorRecipe) -> None:
    bare = [drawn(train, recipe, seed, share=0.5).cover.max() == 0 for seed in range(40)]
    assert 8 < sum(bare) < 32
    pair = drawn(train, recipe, 1, share=0.0001)
    assert np.array_equal(pair.bare, pair.covered)


def settings(**changed: object) -> CoverStage:
    return CoverStage.model_validate({"steps": 3, "pairs": 2} | changed)


def test_numbers_alone_decide_what_is_drawn(train: Side, recipe: DetectorRecipe) -> None:
    stage = settings(steps=4)
    whole = CoveredPairs(train, recipe, stage, Shares(2), 0)
    assert len(whole) == 8
    later = CoveredPairs(train, recipe, stage, Shares(2), 3)
    assert all(torch.equal(a, b) for a, b in zip(whole[6], later[0], strict=True))
    second = CoveredPairs(train, recipe, stage, Shares(2, rank=1, world=2), 0)
    assert all(torch.equal(a, b) for a, b in zip(whole[3], second[1], strict=True))


def test_covers_are_fitted_and_the_network_stays(
    train: Side, recipe: DetectorRecipe, run_in: Callable[..., Run], tmp_path: Path
) -> None:
    start = start_from("scratch", "debug", [], seed=1).frames.eval()
    task = CoverTask(recipe, settings(), start, train, run_in(tmp_path))
    Fit(task, run_in(tmp_path)).go()
    found = task.detector()
    assert start.covers is None
    assert found.covers is not None
    assert found.covers.answer.weight.abs().max() > 0
    state = found.state_dict()
    for name, value in start.state_dict().items():
        assert torch.equal(state[name], value), name
    assert not found.training
    assert all(value.requires_grad for value in found.parameters())


def go_on(task: CoverTask, steps: int) -> None:
    for batch, _ in zip(task.batches(), range(steps), strict=False):
        torch.manual_seed(task.step)
        task.advance(batch)
        task.step += 1


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "work folder lost"])
@pytest.mark.parametrize("stopped", [1, 4])
def test_it_goes_on_where_it_was_stopped(
    train: Side,
    recipe: DetectorRecipe,
    run_in: Callable[..., Run],
    tmp_path: Path,
    stopped: int,
    kept: bool,
) -> None:
    start = start_from("scratch", "debug", [], seed=1).frames.eval()
    stage = settings(passes=2)
    whole = CoverTask(recipe, stage, start, train, run_in(tmp_path / "whole"))
    go_on(whole, 99)
    first = CoverTask(recipe, stage, start, train, run_in(tmp_path / "halves"))
    go_on(first, stopped)
    second = CoverTask(
        recipe, stage, start, train, run_in(tmp_path / ("halves" if kept else "others"))
    )
    second.restore(first.state())
    second.step = first.step
    go_on(second, 99)
    assert second.step == whole.step == second.steps == 6
    for name, value in whole.weights().items():
        assert torch.equal(second.weights()[name], value), name


def test_each_pass_goes_over_every_batch_in_an_order_of_its_own_and_nothing_stays(
    train: Side, recipe: DetectorRecipe, run_in: Callable[..., Run], tmp_path: Path
) -> None:
    start = start_from("scratch", "debug", [], seed=1).frames.eval()
    task = CoverTask(recipe, settings(steps=6, passes=3), start, train, run_in(tmp_path))
    seen = []
    for batch in task.batches():
        task.advance(batch)
        if isinstance(batch, Seen):
            seen.append(float(batch.cells.double().sum()))
        task.step += 1
    assert len(list(tmp_path.glob("*-seen-*/*.npz"))) == 6
    assert sorted(seen[:6]) == sorted(seen[6:])
    assert len(set(seen)) == 6
    assert seen[:6] != seen[6:]
    task.detector()
    assert not list(tmp_path.glob("*-seen-*"))


def test_what_a_cover_hides_of_a_fake_is_not_asked_for(
    train: Side, recipe: DetectorRecipe, run_in: Callable[..., Run], tmp_path: Path
) -> None:
    """Its goal is there the real crop's; all of a fake is asked for where nothing hides it."""
    start = start_from("scratch", "debug", [], seed=1).frames.eval()
    with torch.no_grad():
        start.cells.weight.mul_(1000)  # a fresh one answers next to nothing
    task = CoverTask(recipe, settings(), start, train, run_in(tmp_path))
    size = recipe.frame.size
    real = torch.randint(0, 256, (1, size, size, 3), dtype=torch.uint8)
    fake = torch.randint(0, 256, (1, size, size, 3), dtype=torch.uint8)
    bare = torch.stack([real, fake], dim=1)
    nothing = torch.zeros(1, 28, 28, dtype=torch.uint8)
    goals = {}
    for name, cover in (("none", nothing), ("all", nothing + 255)):
        _inner, cells, goal = task._seen(bare, bare.clone(), cover)
        goals[name] = goal
        assert cells.shape == goal.shape
    assert torch.allclose(goals["none"], cells, atol=1e-2)
    assert torch.allclose(goals["all"][1], goals["all"][0], atol=1e-3)
    assert not torch.allclose(goals["none"][1], goals["none"][0], atol=1e-2)


def test_the_loss_asks_more_of_bare_crops_and_whether_they_are_covered() -> None:
    cells, goal = torch.zeros(1, 3, 3), torch.zeros(1, 3, 3)
    cells[0, 0, 0] = 1.0
    sure = torch.full((1, 3, 3), 9.0)
    none, whole = torch.zeros(1, 3, 3), torch.ones(1, 3, 3)
    bare, covered = cover_loss(cells, goal, -sure, none), cover_loss(cells, goal, sure, whole)
    assert bare == pytest.approx(2 * float(covered), abs=0.01)
    assert cover_loss(goal, goal, -sure, none) < 0.01 < cover_loss(goal, goal, sure, none)


def test_pairs_are_shared_evenly_or_not_at_all() -> None:
    class Fabric:
        world_size, global_rank = 3, 1

    class Three:
        fabric = Fabric()

    shares = Shares.of(12, Three())  # type: ignore[arg-type]
    assert (shares.own, shares.rank, shares.number(4)) == (4, 1, 16)
    with pytest.raises(DataError, match="10 pairs do not divide among 3"):
        Shares.of(10, Three())  # type: ignore[arg-type]
