"""Tools and benchmarks: asked for help, they help and do nothing; few files are no fault."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from packaging.requirements import Requirement

from unmask.core.frames import Frame, Window

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

import cuts  # noqa: E402
import editing  # noqa: E402
import edits  # noqa: E402
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
    told = [line.partition(";")[0] for line in constraints]
    pins = dict(line.split("==") for line in told if "==" in line)
    for one in asked:
        if one.marker is not None and not one.marker.evaluate():
            continue  # nothing is installed here of what another system needs
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


@pytest.mark.parametrize("name", edits.EVERY)
def test_an_edit_gives_a_picture_for_each_frame(name: str) -> None:
    """Of people wherever they are, also of nobody."""
    scene = np.random.default_rng(0).integers(0, 255, (3, 96, 81, 3), dtype=np.uint8)
    points = np.array([[30, 30], [50, 30], [40, 40], [33, 50], [48, 50]], np.float32)
    person = editing.Person((20.0, 15.0, 60.0, 65.0), points)
    for people in ([person] * 3, [None, person, None], [None] * 3):
        for number in range(3):
            made = edits.EVERY[name](editing.Scene(number, scene, people, scene[:2, :60]))
            assert len(made) == 3
            assert all(one.dtype == np.uint8 and one.shape[2:] == (3,) for one in made)
            assert len({one.shape for one in made}) == 1


def test_a_stretch_that_only_an_edited_file_is_looked_at_in_is_edited_as_well() -> None:
    """Between the others, which stay what they are."""
    nobody = SimpleNamespace(detect_window=lambda frames: [[] for _ in frames])
    windows = [Window((Frame(Fraction(at), np.full((8, 8, 3), at, np.uint8)),)) for at in range(3)]
    footage, other = edits.Footage(), edits.Footage()
    for window in (windows[0], windows[2]):
        footage.watch(nobody, window)
    other.watch(nobody, windows[0])
    altering = edits.Altering(lambda scene: list(scene.images), footage, other, nobody)
    shown = [int(altering(window).frames[0].image[0, 0, 0]) for window in windows]
    assert shown == [0, 1, 2]


def _seen(*times: float) -> SimpleNamespace:
    return SimpleNamespace(frames=[SimpleNamespace(time_s=time) for time in times])


def test_faces_of_a_film_with_cuts_are_counted_by_file() -> None:
    """One face of two people, one person in two faces, and one who is seen beside another."""
    pictures = [np.zeros((4, 4, 3), np.uint8)] * cuts.RATE
    film = cuts.Film("real shots", 0, [cuts.Shot(name, pictures) for name in "abc"])
    assert [film.file_at(time) for time in (0.0, 0.96, 1.0, 2.96, 9.0)] == ["a", "a", "b", "c", "c"]
    faces = [_seen(0.0, 0.2, 1.2), _seen(1.0), _seen(2.0, 2.2), _seen(2.0), _seen(2.4)]
    row = cuts.Row()
    row.add(film, SimpleNamespace(faces=faces, verdict=SimpleNamespace(label="inconclusive")))
    assert row.cells() == ["1", "4", "5", "0.875", "1", "1", "0 / 1 / 0 / 0"]


@pytest.mark.parametrize("shape", [(90, 160), (160, 90), (120, 120), (110, 120)])
def test_a_picture_fills_the_film_or_lies_between_bars(shape: tuple[int, int]) -> None:
    made = cuts.fitted(np.full((*shape, 3), 200, np.uint8), (120, 120))
    assert made.shape == (120, 120, 3)
    shown = (made > 0).mean()
    assert shown == (1 if min(shape) > 100 else pytest.approx(90 / 160, abs=0.02))


def test_a_picture_is_moved_and_keeps_its_size() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (36, 64, 3), dtype=np.uint8)
    for moved in cuts.MOVES.values():
        assert all(moved(picture, at).shape == picture.shape for at in (0.0, 0.4, 0.99))
