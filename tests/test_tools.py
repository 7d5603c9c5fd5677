"""Tools and benchmarks: asked for help, they help and do nothing; few files are no fault."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
SCRIPTS = [
    path
    for folder in ("tools", "benchmarks")
    for path in sorted((ROOT / folder).glob("*.py"))
    if "__main__" in path.read_text(encoding="utf-8")
]
HARMLESS = {
    *("ArgumentParser", "add_argument", "add_subparsers", "add_parser", "parse_args"),
    *("splitlines", "split", "partition", "float", "Path", "find_package"),
}
UNPINNED = ("cuda", "timm")  # as tools/write_constraints.py says
sys.path.insert(0, str(ROOT / "tools"))

import editing  # noqa: E402
import family_areas  # noqa: E402


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_arguments_are_read_before_anything_is_done(path: Path) -> None:
    """To run them all takes long: before it parses, main makes a parser and no more."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    main = next(
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main"
    )
    before: list[str] = []
    for node in main.body:
        before += [
            ast.unparse(call.func).rpartition(".")[2]
            for call in ast.walk(node)
            if isinstance(call, ast.Call)
        ]
        if "parse_args" in before:
            break
    assert "parse_args" in before
    assert set(before) <= HARMLESS


def test_each_dependency_is_pinned_within_its_bounds() -> None:
    """A bound that is raised past what the tests run with would be one that nobody tried."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [line for name, extra in extras.items() if name not in UNPINNED for line in extra]
    asked = [Requirement(line) for line in (*project["dependencies"], *lines)]
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in constraints if "==" in line)
    for one in asked:
        assert one.name == "unmask" or one.specifier.contains(pins[one.name]), one
        assert one.name == "unmask" or ">=" in str(one.specifier), one


@pytest.mark.parametrize("name", ["write_cli_docs", "write_schemas", "import_base", "lowest"])
def test_help_is_given(name: str) -> None:
    tool = ROOT / "tools" / f"{name}.py"
    done = subprocess.run(
        [sys.executable, str(tool), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: {name}.py")


def test_a_table_of_few_files_has_dashes() -> None:
    labels, names = np.array([0, 1, 1]), np.array(["", "f", "g"])
    cells = family_areas.areas(np.array([0.1, 0.9, np.nan]), labels, names, names)
    assert cells == ["1.000 [–]", "1.00", "–"]
    assert family_areas.areas(np.full(3, np.nan), labels, names, names) == ["–", "–", "–"]


@pytest.mark.parametrize("name", editing.EDITS)
def test_an_edit_gives_a_picture_for_each_frame(name: str) -> None:
    """Of people wherever they are, also of nobody."""
    scene = np.random.default_rng(0).integers(0, 255, (3, 96, 81, 3), dtype=np.uint8)
    points = np.array([[30, 30], [50, 30], [40, 40], [33, 50], [48, 50]], np.float32)
    person = editing.Person((20.0, 15.0, 60.0, 65.0), points)
    for people in ([person] * 3, [None, person, None], [None] * 3):
        for number in range(3):
            made = editing.EDITS[name](editing.Scene(number, scene, people, scene[:2, :60]))
            assert len(made) == 3
            assert all(one.dtype == np.uint8 and one.shape[2:] == (3,) for one in made)
            assert len({one.shape for one in made}) == 1
