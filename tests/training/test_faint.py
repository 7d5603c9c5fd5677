"""The faint stage: what it draws, what it leaves alone, and how far it goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra 'train' is not installed")

import torch

from unmask.core.errors import DataError
from unmask.models.detector import FrameDetector
from unmask.training.faint import FaintTask
from unmask.training.loop import Fit
from unmask.training.pairs import Fading, draw_pair
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run
from unmask.training.side import Side
from unmask.training.sources import read_sides
from unmask.training.stages import FaintStage
from unmask.training.start import start_from

Sides = tuple[Side, Side]


@pytest.fixture
def sides(faces: Path, recipe: DetectorRecipe, run_in: Callable[..., Run], tmp_path: Path) -> Sides:
    return read_sides([faces], recipe, [], run_in(tmp_path))


def test_what_is_left_is_drawn_evenly_over_powers() -> None:
    rng = np.random.default_rng(1)
    drawn = np.array([Fading(least=0.01, whole=0.25).draw(rng) for _ in range(4000)])
    assert drawn.min() >= 0.01
    assert np.mean(drawn == 1) == pytest.approx(0.25, abs=0.03)
    part = drawn[drawn < 1]
    assert np.mean(part < 0.1) == pytest.approx(0.5, abs=0.03)
    assert Fading(least=1, whole=0).draw(rng) == 1


def test_a_faded_fake_lies_nearer_its_original(sides: Sides, recipe: DetectorRecipe) -> None:
    stage = recipe.frame.model_copy(update={"degradation": 0.0})

    def drawn(fading: Fading | None) -> tuple[np.ndarray, float]:
        rngs = [np.random.default_rng(seed) for seed in range(8)]
        pairs = [draw_pair(sides[0].portraits, [], stage, rng, fading=fading) for rng in rngs]
        apart = [np.abs(pair.fake.astype(float) - pair.real).mean() for pair in pairs]
        return pairs[0].real, float(np.mean(apart))

    real, whole = drawn(None)
    half = drawn(Fading(least=0.5, whole=0))[1]
    assert 0.4 * whole < half < 0.95 * whole
    assert drawn(Fading(least=0.5, whole=0))[1] == half
    assert drawn(Fading(least=0.05, whole=0))[1] < half
    assert real.shape == drawn(Fading(least=0.1, whole=1))[0].shape


def settings(**changed: object) -> FaintStage:
    small = {"steps": 3, "pairs": 2, "kept_blocks": 0, "learning_rate": 1e-2, "ema": 0}
    return FaintStage.model_validate(small | changed)


def fitted(
    sides: Sides, recipe: DetectorRecipe, run: Run, **changed: object
) -> tuple[FrameDetector, FrameDetector, FaintTask]:
    start = start_from("scratch", "debug", [], seed=1).frames
    task = FaintTask(recipe, settings(**changed), start, sides[0], run)
    Fit(task, run).go()
    return start, task.detector(), task


def test_it_goes_a_part_of_the_way(
    sides: Sides, recipe: DetectorRecipe, run_in: Callable[..., Run], tmp_path: Path
) -> None:
    start, found, task = fitted(sides, recipe, run_in(tmp_path), part=0.25)
    ends = dict(task.average.module.named_parameters())
    for (name, value), reached in zip(start.named_parameters(), found.parameters(), strict=True):
        assert torch.allclose(reached, value + 0.25 * (ends[name] - value), atol=1e-6)
    assert not torch.equal(start.cells.weight, found.cells.weight)
    assert torch.equal(start.head.weight, found.head.weight)
    norm = "trunk.norms.0.running_mean"
    assert torch.equal(start.state_dict()[norm], task.model.state_dict()[norm])


def test_all_of_the_way_is_what_was_fitted(
    sides: Sides, recipe: DetectorRecipe, run_in: Callable[..., Run], tmp_path: Path
) -> None:
    _, found, task = fitted(sides, recipe, run_in(tmp_path), part=1.0)
    for name, value in found.named_parameters():
        assert torch.allclose(value, dict(task.model.named_parameters())[name], atol=1e-6)


def test_leading_blocks_stay(
    sides: Sides, recipe: DetectorRecipe, run_in: Callable[..., Run], tmp_path: Path
) -> None:
    xception = start_from("scratch", "xception", [], seed=1).frames
    task = FaintTask(recipe, settings(kept_blocks=7), xception, sides[0], run_in(tmp_path))
    fitted = {name for name, value in task.model.named_parameters() if value.requires_grad}
    assert not any(name.startswith(("trunk.conv1", "trunk.block7.", "head.")) for name in fitted)
    assert {"trunk.conv4.pointwise.weight", "cells.weight"} <= fitted
    assert any(name.startswith("trunk.block8.") for name in fitted)
    assert all(value.requires_grad for value in xception.parameters())
    toy = start_from("scratch", "debug", [], seed=1).frames
    with pytest.raises(DataError, match="no block 7"):
        FaintTask(recipe, settings(kept_blocks=7), toy, sides[0], run_in(tmp_path))
