"""Faces to fit on, and the shipped debug recipe."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra 'train' is not installed")
pytest.importorskip("lightning_fabric", reason="the extra 'train' is not installed")

import torch
from face_tree import plant_faces

from unmask.training.detector import fit_detector
from unmask.training.recipe import DetectorRecipe, RendererRecipe, read_recipe, renderer_recipes
from unmask.training.run import Run, open_fabric

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
logging.getLogger("lightning_fabric").setLevel(logging.WARNING)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Sums in one order, and no fight over cores with other tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant_faces(tmp_path_factory.mktemp("faces"))


@pytest.fixture(scope="session")
def recipe() -> DetectorRecipe:
    found = read_recipe(RECIPES / "debug.toml")
    assert isinstance(found, DetectorRecipe)
    return found


@pytest.fixture(scope="session")
def renderers(recipe: DetectorRecipe) -> list[RendererRecipe]:
    return renderer_recipes(recipe, RECIPES)


@pytest.fixture(scope="session")
def run_in() -> Callable[..., Run]:
    """``run_in(folder, **options)``: a run on the CPU."""

    def make(work: Path, **options: Any) -> Run:
        return Run(open_fabric("cpu", "bf16"), work, **options)

    return make


@pytest.fixture(scope="session")
def fit(
    faces: Path, renderers: list[RendererRecipe], run_in: Callable[..., Run]
) -> Callable[..., Path]:
    """``fit(recipe, work, **options)``: all stages; returns the package's folder."""

    def make(recipe: DetectorRecipe, work: Path, *, data: Path = faces, **options: Any) -> Path:
        package = fit_detector(
            recipe,
            file=RECIPES / "debug.toml",
            data=[data],
            renderers=renderers if recipe.renderers else [],
            init=recipe.init,
            run=run_in(work, **options),
            out=work / "package",
        )
        return package.folder

    return make


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory, fit: Callable[..., Path], recipe: DetectorRecipe
) -> Path:
    """The work folder of a whole fit that nothing interrupted."""
    work = tmp_path_factory.mktemp("finished")
    fit(recipe, work)
    return work
