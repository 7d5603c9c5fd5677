"""Recipes: every shipped one is valid, and a wrong one is refused by the key's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from unmask.core.errors import DataError
from unmask.training.recipe import (
    AnimatorRecipe,
    DetectorRecipe,
    RendererRecipe,
    read_recipe,
    renderer_recipes,
)
from unmask.training.stages import ClipStage, CoverStage, FaintStage, FrameStage, JointStage

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
DEBUG = (RECIPES / "debug.toml").read_text("utf-8")


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_recipes_are_valid(path: Path) -> None:
    recipe = read_recipe(path)
    assert path.stem == recipe.name or path.stem.startswith(f"{recipe.name}-")
    if isinstance(recipe, DetectorRecipe):
        assert len(renderer_recipes(recipe, RECIPES)) == len(recipe.renderers)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("warm_up = 0", "warmup = 0", "frame.warmup: there is no such key"),
        ("[covers]", "[cover]", "cover: there is no such key or table"),
        ("steps = 60", "", "frame.steps: it is missing"),
        ('kind = "detector"', "", "kind: it is missing: detector, renderer or animator"),
        ("size = 84", "size = 85", "size must be a multiple of 28"),
        ("window = 60", "window = 61", "window must be a multiple of 3"),
        ("self-blend = 0.5", "self-blnd = 0.5", "kinds.self-blnd"),
        ("sharpness = 0.05", "sharpness = nan", "frame.sharpness"),
        ('kind = "detector"', 'kind = "detecter"', "kind"),
        ("seed = 5", f"seed = {2**63}", "seed"),
        ('name = "debug"', 'name = "../debug"', "name"),
        ("shown = 1.2", "shown = 1.4", "shown must be at most frame.margin"),
        ('backbone = "debug"', 'backbone = "resnet"', "backbone"),
        ("frames = 3", "frames = 1", "clip.frames"),
        ("[joint]", "[clip.film_kinds]\nframewse = 1\n[joint]", "clip.film_kinds.framewse"),
        ("[joint]", "[clip.film_kinds]\ndriven-still = 1\n[joint]", "needs no animator"),
        ("[joint]", "[clip.still_kinds]\nmouth-out-of-step = 1\n[joint]", "no other moment"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, old: str, new: str, key: str) -> None:
    assert old in DEBUG
    path = tmp_path / "wrong.toml"
    path.write_text(DEBUG.replace(old, new, 1), "utf-8")
    with pytest.raises(DataError) as caught:
        read_recipe(path)
    assert key in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_mark_that_windows_editors_begin_files_with_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "marked.toml"
    path.write_text(DEBUG, "utf-8-sig")
    assert read_recipe(path) == read_recipe(RECIPES / "debug.toml")


@pytest.mark.parametrize("content", [b"kind = ", b"\xff\xfe", b""])
def test_what_is_no_recipe_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.toml"):
        read_recipe(path)


def test_an_absent_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.toml"):
        read_recipe(tmp_path / "none.toml")


def test_a_detector_is_no_renderer(recipe: DetectorRecipe) -> None:
    wrong = recipe.model_copy(update={"renderers": ("debug.toml",)})
    with pytest.raises(DataError, match=r"debug\.toml is the recipe of a detector"):
        renderer_recipes(wrong, RECIPES)


def test_animating_needs_an_animator(recipe: DetectorRecipe) -> None:
    frame = recipe.frame.model_copy(update={"kinds": {"animate": 1.0}})
    wanting = recipe.model_copy(update={"frame": frame})
    with pytest.raises(DataError, match="hold no animator"):
        renderer_recipes(wanting, RECIPES)
    names = (*recipe.renderers, "debug-animator.toml")
    given = renderer_recipes(wanting.model_copy(update={"renderers": names}), RECIPES)
    assert [one.kind for one in given] == ["renderer", "animator"]


def test_every_key_and_recipe_is_documented() -> None:
    text = (RECIPES / "README.md").read_text("utf-8")
    for part in (
        DetectorRecipe,
        FrameStage,
        FaintStage,
        CoverStage,
        ClipStage,
        JointStage,
        RendererRecipe,
        AnimatorRecipe,
    ):
        for name, field in part.model_fields.items():
            if name == "kind":
                continue
            assert field.description, name
            assert f"| `{name}` |" in text, name
            assert field.description in text, name
    for path in RECIPES.glob("*.toml"):
        assert f"`{path.name}`" in text, path.name
