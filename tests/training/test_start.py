"""Where a fit starts from."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from unmask.core.errors import DataError, MissingExtra, ModelInvalid, ModelNotFound
from unmask.models.detector import FrameDetector
from unmask.models.weights import read_tensors, write_tensors
from unmask.training.checkpoint import read_checkpoint, write_checkpoint
from unmask.training.material import read_portraits
from unmask.training.recipe import DetectorRecipe, RendererRecipe, read_recipe
from unmask.training.renderer import fit_renderer
from unmask.training.run import Run
from unmask.training.start import check_start, start_from

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


def test_scratch_leaves_everything_fresh() -> None:
    start = start_from("scratch", "debug", [], seed=1)
    assert start.fresh == {name for name, _ in start.frames.named_parameters()}
    again = start_from("scratch", "debug", [], seed=1)
    assert torch.equal(start.frames.head.weight, again.frames.head.weight)


def test_a_package_gives_both_networks(finished: Path) -> None:
    start = start_from(str(finished / "package"), "debug", [], seed=1)
    assert start.fresh == {"cells.bias", "head.bias"}
    assert start.temporal is not None
    kept = torch.load(finished / "debug-1-5-joint.ckpt", weights_only=True)["model"]
    ours = start.temporal.state_dict()
    for name, value in ours.items():
        torch.testing.assert_close(value, kept[f"temporal.{name}"], atol=2e-3, rtol=2e-3)
    for name in ("trunk.convs.1.weight", "trunk.norms.1.running_var", "head.weight"):
        value = start.frames.state_dict()[name]
        torch.testing.assert_close(value, kept[f"frames.{name}"], atol=1e-3, rtol=1e-3)


def test_a_start_says_whose_weights_it_has(finished: Path, tmp_path: Path) -> None:
    """By contents: a file of another place is the same start, another file of that name is not."""
    assert start_from("scratch", "debug", [], seed=1).origin == "scratch"
    best = finished / "debug-1-5-best.safetensors"
    shutil.copy(best, tmp_path)
    one, copied = (
        start_from(str(path), "debug", [], seed=1).origin for path in (best, tmp_path / best.name)
    )
    assert one == copied
    assert one.startswith("debug-1-5-best.safetensors (SHA-256 ")
    write_tensors(start_from("scratch", "debug", [], seed=3).frames.state_dict(), best_of(tmp_path))
    assert start_from(str(best_of(tmp_path)), "debug", [], seed=1).origin != one
    package = start_from(str(finished / "package"), "debug", [], seed=1)
    assert package.origin.startswith("debug 1 (SHA-256 of its graphs ")
    assert package.before is not None
    assert package.before.training.data[0].count == 6


def test_what_of_a_package_does_not_go_along_is_said(
    finished: Path, recipe: DetectorRecipe, caplog: pytest.LogCaptureFixture
) -> None:
    start = start_from(str(finished / "package"), "debug", [], seed=1)
    check_start(start, recipe)
    check_start(start_from("scratch", "debug", [], seed=1), recipe)
    assert not caplog.records
    check_start(start, recipe.model_copy(update={"covers": None, "shown": None}))
    scale, covers = (record.getMessage() for record in caplog.records)
    assert "debug 1 was fitted on crops of 84 pixels that show 1.2 face boxes" in scale
    assert "are of 84 and show 1.3" in scale
    assert "debug 1 tells what lies over a face" in covers
    assert "no [covers] to fit that anew" in covers


def test_the_documented_fit_from_the_shipped_model_goes_on_at_its_scale(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    page = (RECIPES.parent / "docs" / "training.md").read_text("utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "mine.toml").write_text(text)
    found = read_recipe(tmp_path / "mine.toml")
    assert isinstance(found, DetectorRecipe)
    assert f"runs/{found.name}-{found.version} " in page
    check_start(start_from(found.init, found.backbone, [], seed=found.seed), found)
    assert not caplog.records


def test_an_lstm_of_another_size_is_refused_before_anything_is_fitted(
    faces: Path, finished: Path, recipe: DetectorRecipe, fit: Callable[..., Path], tmp_path: Path
) -> None:
    clip = recipe.clip.model_copy(update={"hidden": 16})
    other = recipe.model_copy(update={"clip": clip, "init": str(finished / "package")})
    with pytest.raises(ModelInvalid, match="debug 1 has 8 units in each") as caught:
        fit(other, tmp_path)
    assert "hidden = 8" in caught.value.hint
    assert not list(tmp_path.glob("[!.]*"))


def best_of(folder: Path) -> Path:
    return folder / "debug-1-5-best.safetensors"


def test_other_weights_of_the_same_shape_do_not_go_on_from_a_checkpoint(tmp_path: Path) -> None:
    """Else a second fit in the same folder would hand out the first one's weights."""
    path = tmp_path / "a.ckpt"
    write_checkpoint({"step": 1}, {"fresh layers": 2, "start": "a.safetensors"}, path)
    now = {"fresh layers": 2, "start": "b.safetensors"}
    with pytest.raises(DataError, match=r"start was a\.safetensors, is b\.safetensors"):
        read_checkpoint(path, now)
    write_checkpoint({"step": 1}, {"fresh layers": 2}, path)  # of versions that did not say it
    assert read_checkpoint(path, now)["step"] == 1


def test_a_file_gives_the_detector_or_its_backbone(finished: Path, tmp_path: Path) -> None:
    best = finished / "debug-1-5-best.safetensors"
    whole = start_from(str(best), "debug", [], seed=1)
    assert whole.fresh == frozenset()
    path = tmp_path / "trunk.safetensors"
    weights: dict[str, Any] = whole.frames.trunk.state_dict()
    write_tensors(weights | {"fc.weight": torch.zeros(1000, 32)}, path)
    trunk = start_from(str(path), "debug", [], seed=2)
    assert trunk.fresh == {"head.weight", "head.bias", "cells.weight", "cells.bias"}
    for name, value in trunk.frames.trunk.state_dict().items():
        assert torch.equal(value, weights[name]), name


def test_weights_of_another_network_are_refused(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match="another network"):
        start_from(str(finished / "debug-renderer.safetensors"), "debug", [], seed=1)
    with pytest.raises(ModelInvalid, match="other shapes"):
        start_from(str(finished / "debug-1-5-best.safetensors"), "xception", [], seed=1)
    with pytest.raises(ModelInvalid, match="cannot be taken over"):
        start_from(str(finished / "package"), "xception", [], seed=1)
    path = tmp_path / "shapes.safetensors"
    state = FrameDetector(start_from("scratch", "debug", [], seed=1).frames.trunk).state_dict()
    write_tensors(state | {"head.weight": torch.zeros(1, 31)}, path)
    with pytest.raises(ModelInvalid, match="other shapes"):
        start_from(str(path), "debug", [], seed=1)


def test_what_is_no_weights_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"not tensors")
    with pytest.raises(ModelInvalid, match="broken"):
        start_from(str(path), "debug", [], seed=1)


def test_absent_imagenet_weights_are_said_where_they_were_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=str(tmp_path)) as caught:
        start_from("imagenet", "xception", [tmp_path], seed=1)
    assert "--init" in caught.value.hint


def test_a_renderer_that_needs_imagenet_weights_says_so(
    faces: Path, run_in: Callable[..., Run], tmp_path: Path
) -> None:
    recipe = read_recipe(RECIPES / "debug-renderer.toml")
    assert isinstance(recipe, RendererRecipe)
    asking = recipe.model_copy(update={"perception": 0.3})
    portraits = read_portraits(faces)
    with pytest.raises(DataError, match=r"xception-imagenet\*\.safetensors"):
        fit_renderer(asking, portraits, [faces], run_in(tmp_path))


def test_a_renderer_is_fitted_by_how_alike_pictures_look(
    faces: Path, shared: Path, run_in: Callable[..., Run], tmp_path: Path
) -> None:
    recipe = read_recipe(RECIPES / "debug-renderer.toml")
    assert isinstance(recipe, RendererRecipe)
    portraits = read_portraits(faces)
    made = {}
    for weight in (0.0, 0.3):
        own = recipe.model_copy(update={"perception": weight})
        weights = fit_renderer(own, portraits, [shared / "data"], run_in(tmp_path / str(weight)))
        made[weight] = read_tensors(weights)
    assert any(not torch.equal(made[0.0][name], made[0.3][name]) for name in made[0.0])


def test_imagenet_leaves_the_last_convolutions_fresh(shared: Path) -> None:
    start = start_from("imagenet", "xception", [shared / "data"], seed=1)
    fresh = {name.split(".")[1] for name in start.fresh if name.startswith("trunk.")}
    assert fresh == {"conv3", "bn3", "conv4", "bn4"}


def test_an_unknown_start_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound) as caught:
        start_from(str(tmp_path / "nothing"), "debug", [], seed=1)
    assert "safetensors" in caught.value.hint


@pytest.mark.parametrize(
    ("init", "backbone"), [("timm:xception", "xception"), ("scratch", "timm:r")]
)
def test_timm_names_its_extra(init: str, backbone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(MissingExtra) as caught:
        start_from(init, backbone, [], seed=1)
    assert 'pip install "unmask[timm]"' in caught.value.hint
