"""``tools/ablate.py``: variants of a recipe, fitted and judged alike."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from unmask.training.recipe import DetectorRecipe, read_recipe

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def ablate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ablate", ROOT / "tools" / "ablate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ablate"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_each_variant_changes_one_thing_and_keeps_its_own_files(ablate: ModuleType) -> None:
    recipe = read_recipe(ROOT / "recipes" / "xception-lstm.toml")
    assert isinstance(recipe, DetectorRecipe)
    found = {one.name: one for one in ablate.variants(recipe, [22, 23])}
    kinds = {kind for kind, share in recipe.frame.kinds.items() if share > 0}
    left_out = {f"no-{kind}" for kind in kinds}
    others = {"base", "no-wear", "no-strangers", "no-faint", "no-covers", "no-expectation"}
    others |= {"scratch", "seed-22", "seed-23"}
    assert found.keys() == others | left_out
    assert len({one.recipe.stem for one in found.values()}) == len(found)
    base = found["base"].recipe.frame
    assert base == recipe.frame
    for kind in kinds:
        other = found[f"no-{kind}"].recipe.frame
        assert other.kinds.keys() == kinds - {kind}
        assert other.model_copy(update={"kinds": base.kinds}) == base
    assert found["no-strangers"].recipe.frame.strangers == 0
    assert found["no-faint"].recipe.faint is None
    assert found["no-covers"].recipe.covers is None
    assert found["no-expectation"].recipe.frame.expected_crops == 0
    assert (found["scratch"].init, found["base"].init) == ("scratch", recipe.init)


@pytest.mark.slow
def test_a_table_of_toys(
    ablate: ModuleType,
    faces: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = [str(ROOT / "recipes" / "debug.toml"), "--data", str(faces), "--steps", "30"]
    arguments += [
        "--pairs",
        "20",
        "--work",
        str(tmp_path),
        "--only",
        "base,no-render",
        "--workers",
        "0",
    ]
    monkeypatch.setattr(sys, "argv", ["ablate.py", *arguments, "--device", "cpu"])
    ablate.main()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert [line.split("|")[1].strip() for line in lines] == ["", "---", "base", "no-render"]
    names = [name.strip() for name in lines[0].split("|")[2:-1]]
    expected = ["held out", "self-blend", "render", "resample", "frames", "clips", "both"]
    assert names == expected  # also of the kind that was left out
    for line in lines[2:]:
        assert all(0 <= float(cell) <= 1 for cell in line.split("|")[2:-1])
