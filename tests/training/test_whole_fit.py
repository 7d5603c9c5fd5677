"""All stages on a few made-up people: the package works, and an interruption changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from face_tree import person

from unmask.clips import align
from unmask.core.errors import DataError
from unmask.runtime import ModelPackage, SessionOptions
from unmask.scoring import Scorer
from unmask.training.detector import forget
from unmask.training.frames import FrameTask
from unmask.training.loop import Fit
from unmask.training.recipe import DetectorRecipe, RendererRecipe
from unmask.training.run import Run
from unmask.training.sources import read_sides
from unmask.training.start import start_from
from unmask.training.stopping import Stopped

EXACT = SessionOptions(device="cpu", precision="f32", cache=False)
PRODUCTS = (
    "debug-renderer.safetensors",
    "debug-renderer-1.625.npy",
    "debug-renderer-films-1.625.npy",
    "debug-1-5-best.safetensors",
    "debug-1-5-temporal-best.safetensors",
    "debug-1-5-joint-best.safetensors",
    "package/backbone.onnx",
    "package/temporal.onnx",
)


def test_the_package_scores(finished: Path) -> None:
    package = ModelPackage.load(finished / "package")
    package.verify()
    manifest = package.manifest
    assert manifest.crop.margin == 1.2  # what the recipe's "shown" says, not what it was fitted on
    scorer = Scorer(package, EXACT)
    crops = []
    for number in range(manifest.clip.frames):
        picture, points = person(number)
        crops.append(
            align(picture, points, size=manifest.crop.size, margin=manifest.crop.margin).image
        )
    scores = scorer.score_crops(np.stack(crops))
    assert scores.maps.shape == (len(crops), manifest.map_size, manifest.map_size)
    assert np.isfinite(scorer.score_clips([scores.features])).all()
    assert manifest.covers
    assert scores.covered is not None
    assert ((scores.covered >= 0) & (scores.covered <= 1)).all()
    assert manifest.training.data[0].count == 6
    assert manifest.metrics["calibration clips"]["auc"] > 0.5
    assert "README.md" in manifest.files
    assert f"| 6 {manifest.training.data[0].unit} |" in package.card


@pytest.mark.slow
def test_the_frame_stage_learns_something(
    faces: Path,
    recipe: DetectorRecipe,
    renderers: list[RendererRecipe],
    run_in: Callable[..., Run],
    tmp_path: Path,
) -> None:
    """Renderings of people it has never seen are told from their real faces."""
    plain = {"degradation": 0.1, "kinds": {"render": 1.0}, "averaged_share": 1.0, "sharpness": 0.0}
    longer = {"steps": 240, "validate_every": 240, "pairs": 8, "validation_pairs": 24}
    stage = recipe.frame.model_copy(update=plain | longer)
    easy = recipe.model_copy(update={"frame": stage})
    run = run_in(tmp_path)
    train, held = read_sides([faces], easy, renderers, run)
    start = start_from("scratch", "debug", [], seed=1)
    task = FrameTask(easy, start, train, held, run)
    Fit(task, run).go()
    score, _each = task.validate()
    assert score > 0.75


def test_logs_hold_losses_and_throughput(finished: Path) -> None:
    lines = [json.loads(line) for line in (finished / "debug-1-5.jsonl").read_text().splitlines()]
    steps = [line["step"] for line in lines if "loss" in line]
    assert steps == [10, 20, 30, 40, 50, 60]
    assert all(line["crops_per_second"] > 0 for line in lines if "loss" in line)
    assert any((finished / "tensorboard" / "debug-1-5").iterdir())


def test_interrupted_fits_end_as_uninterrupted_ones(
    finished: Path, fit: Callable[..., Path], recipe: DetectorRecipe, tmp_path: Path
) -> None:
    """Bit for bit, wherever it was stopped: in the renderer and in each of the five stages."""
    stages = []
    for limit in (4, 20, 25, 19, 4, 15, 22, 2, None):
        try:
            fit(recipe, tmp_path, limit=limit)
        except Stopped as stopped:
            stages.append(str(stopped).partition(":")[0])
    assert {"debug-renderer", "frames", "faint", "covers", "clips", "joint"} <= set(stages)
    for name in PRODUCTS:
        assert (tmp_path / name).read_bytes() == (finished / name).read_bytes(), name
    for log in ("debug-1-5.jsonl", "debug-1-5-joint.jsonl"):
        assert _figures(tmp_path / log) == _figures(finished / log)


def _figures(path: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "crops_per_second"} for line in lines]


def test_finished_stages_are_not_repeated(
    finished: Path, fit: Callable[..., Path], recipe: DetectorRecipe
) -> None:
    kept = {path: path.stat().st_mtime_ns for path in finished.glob("debug-*") if path.is_file()}
    fit(recipe, finished, limit=1)  # one step would stop it
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_covers_alone_are_fitted_to_a_finished_package(
    finished: Path, fit: Callable[..., Path], recipe: DetectorRecipe, tmp_path: Path
) -> None:
    """A frame stage of no steps leaves the networks as they are: halves stay the same halves."""
    later = recipe.model_copy(
        update={
            "init": str(finished / "package"),
            "frame": recipe.frame.model_copy(update={"steps": 0}),
            "faint": None,
            "joint": None,
        }
    )
    package = fit(later, tmp_path)
    before, after = (
        start_from(str(folder), "debug", [], seed=1).frames
        for folder in (finished / "package", package)
    )
    state, changed = before.state_dict(), after.state_dict()
    for name, value in state.items():
        if not name.startswith("covers.") and name not in ("cells.bias", "head.bias"):
            assert torch.equal(value, changed[name]), name
    assert not torch.equal(state["covers.answer.weight"], changed["covers.answer.weight"])
    data = ModelPackage.load(package).manifest.training.data
    assert data == ModelPackage.load(finished / "package").manifest.training.data  # said once


def test_another_recipe_does_not_go_on_from_it(
    finished: Path, fit: Callable[..., Path], recipe: DetectorRecipe
) -> None:
    longer = recipe.model_copy(update={"frame": recipe.frame.model_copy(update={"steps": 61})})
    with pytest.raises(DataError, match=r"frame\.steps was 60, is 61") as caught:
        fit(longer, finished)
    assert "--fresh" in caught.value.hint


def test_another_start_does_not_go_on_from_it(
    finished: Path, fit: Callable[..., Path], recipe: DetectorRecipe
) -> None:
    """Its optimiser holds another number of fresh layers, which torch would say less kindly."""
    started = recipe.model_copy(update={"init": str(finished / "debug-1-5-best.safetensors")})
    with pytest.raises(DataError, match=r"fresh layers was \d+, is 0; start was scratch, is debug"):
        fit(started, finished)


def test_fresh_forgets_one_recipe_alone(recipe: DetectorRecipe, tmp_path: Path) -> None:
    ours = ("debug-1-5.ckpt", "debug-1-5-best.safetensors", "debug-1-5-joint.ckpt")
    others = ("debug-1-55.ckpt", "debug-renderer.npy", "films.npz")
    for name in (*ours, *others):
        (tmp_path / name).touch()
    features = tmp_path / "debug-1-5-features-1-abc"
    features.mkdir()
    (features / "0000.npz").touch()
    (features / "0001.npz.partial").touch()  # a fit was killed while it wrote
    forget(recipe, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


def test_fresh_forgets_a_renderer(renderers: list[RendererRecipe], tmp_path: Path) -> None:
    for name in ("debug-renderer.ckpt", "debug-renderer.npy", "debug-1-5.ckpt"):
        (tmp_path / name).touch()
    forget(renderers[0], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["debug-1-5.ckpt"]
