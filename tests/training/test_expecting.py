"""The stage that learns what to expect of real crops: repeatable, kept, never of fakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from unmask.models.backbones import make_trunk
from unmask.models.detector import FrameDetector
from unmask.training import expecting, pairs
from unmask.training.detector import fit_detector
from unmask.training.expecting import fit_expectation
from unmask.training.pairs import draw_real
from unmask.training.recipe import DetectorRecipe, RendererRecipe
from unmask.training.run import Run
from unmask.training.side import Side
from unmask.training.sources import read_sides


def test_it_is_fitted_once_and_kept(
    faces: Path,
    recipe: DetectorRecipe,
    renderers: list[RendererRecipe],
    run_in: Callable[..., Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = run_in(tmp_path)
    stage = recipe.frame.model_copy(update={"expected_crops": 48})
    asked = recipe.model_copy(update={"frame": stage})
    train, _held = read_sides([faces], recipe, renderers, run)

    def fitted(of: DetectorRecipe) -> dict[str, torch.Tensor]:
        torch.manual_seed(2)
        detector = FrameDetector(make_trunk("debug"))
        fit_expectation(of, detector, train, run)
        return dict(detector.expectation.state_dict())

    first = fitted(asked)
    assert first["slope"].abs().max() > 0
    assert (first["low"] < first["high"]).all()
    assert fitted(recipe)["slope"].abs().max() == 0  # debug.toml wants none
    closer = fitted(asked.model_copy(update={"shown": 1.0}))  # cut as the package will cut
    assert not torch.equal(first["offset"], closer["offset"])
    monkeypatch.setattr(expecting, "_measure", lambda *_: pytest.fail("drawn again"))
    again = fitted(asked)
    assert all(torch.equal(first[name], again[name]) for name in first)


class _Asked(Exception):
    """The stage was reached."""


def test_it_is_learnt_from_people_who_were_held_out(
    faces: Path,
    recipe: DetectorRecipe,
    renderers: list[RendererRecipe],
    run_in: Callable[..., Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked(_recipe: DetectorRecipe, _detector: FrameDetector, side: Side, _run: Run) -> None:
        assert {portrait.split for portrait in side.portraits} == {"val"}
        raise _Asked

    monkeypatch.setattr("unmask.training.detector.fit_expectation", asked)
    short = recipe.model_copy(update={"frame": recipe.frame.model_copy(update={"steps": 1})})
    with pytest.raises(_Asked):
        fit_detector(
            short,
            file=tmp_path / "short.toml",
            data=[faces],
            renderers=renderers,
            init="scratch",
            run=run_in(tmp_path),
            out=tmp_path / "package",
        )


def test_a_real_crop_is_a_matter_of_its_number_and_as_it_came(
    faces: Path,
    recipe: DetectorRecipe,
    renderers: list[RendererRecipe],
    run_in: Callable[..., Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pairs, "draw_degradation", lambda *_, **__: pytest.fail("was worn"))
    train, _held = read_sides([faces], recipe, renderers, run_in(tmp_path))
    drawn = [
        draw_real(train.portraits, train.stills, recipe.frame, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    ]
    shown = recipe.model_copy(update={"shown": 1.0})
    assert (recipe.served.margin, shown.served.margin) == (1.2, 1.0)
    assert shown.served.model_copy(update={"margin": recipe.frame.margin}) == recipe.frame
    assert drawn[0].shape == (recipe.frame.size, recipe.frame.size, 3)
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
