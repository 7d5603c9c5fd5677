"""What a work folder keeps is used for the data and the recipes that it was made of, alone."""

from __future__ import annotations

import csv
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from face_tree import plant_clips, plant_faces, plant_film

from unmask.core.errors import DataError
from unmask.training import store
from unmask.training.checkpoint import read_checkpoint, write_checkpoint
from unmask.training.detector import forget
from unmask.training.material import Portrait, read_portraits
from unmask.training.recipe import DetectorRecipe, RendererRecipe
from unmask.training.renderer import fit_renderer, shrink_all
from unmask.training.run import Run
from unmask.training.seals import note_of
from unmask.training.sources import read_people, read_sides
from unmask.training.stopping import Stopped

WEIGHTS = "debug-renderer.safetensors"
DRAWN = ("debug-renderer-1.625.npy", "debug-renderer-films-1.625.npy")
Read = Callable[..., tuple[Portrait, ...]]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder, and beside it the work folder of a fit on it."""
    return tmp_path_factory.mktemp("sealed")


@pytest.fixture(scope="module")
def filled(
    first: Path,
    recipe: DetectorRecipe,
    renderers: list[RendererRecipe],
    run_in: Callable[..., Run],
) -> Path:
    plant_clips(plant_faces(first / "data"), 3)
    read_sides([first / "data"], recipe, renderers, run_in(first / "work"))
    return first


@pytest.fixture
def read(
    filled: Path,
    tmp_path: Path,
    recipe: DetectorRecipe,
    renderers: list[RendererRecipe],
    run_in: Callable[..., Run],
) -> Read:
    """``read()``: the faces of both sides, of a copy of the data with a copy of the work folder."""
    for name in ("data", "work"):
        shutil.copytree(filled / name, tmp_path / name)

    def again(**renderer: int) -> tuple[Portrait, ...]:
        changed = [one.model_copy(update=renderer) for one in renderers]
        sides = read_sides([tmp_path / "data"], recipe, changed, run_in(tmp_path / "work"))
        return tuple(face for side in sides for face in side.portraits)

    return again


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "unmask.training")
    return caplog


def change_rows(data: Path, change: Callable[[list[dict[str, str]]], object]) -> None:
    path = data / "faces" / "faces.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    change(rows)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def moved(rows: list[dict[str, str]]) -> None:
    rows[0]["x0"] = str(float(rows[0]["x0"]) + 3)


def held_out(rows: list[dict[str, str]]) -> None:
    rows[0]["split"], rows[-1]["split"] = "val", "train"


def states(work: Path) -> dict[str, int]:
    return {name: (work / name).stat().st_mtime_ns for name in (WEIGHTS, *DRAWN, "films.npz")}


def test_the_same_data_repeats_nothing(read: Read, tmp_path: Path) -> None:
    before = states(tmp_path / "work")
    read()
    assert states(tmp_path / "work") == before


def test_a_list_in_another_order_keeps_drawings_with_their_faces(
    read: Read,
    tmp_path: Path,
    said: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "draw_all", lambda one, _weights, faces, _run: copied(one, faces))
    (tmp_path / "work" / DRAWN[0]).unlink()
    read()
    before = states(tmp_path / "work")
    change_rows(tmp_path / "data", list.reverse)
    for face in read():
        np.testing.assert_array_equal(face.renditions[0], shrink_all([face], 32)[0])
    assert "debug-renderer-1.625.npy shows other faces" in said.text
    after = states(tmp_path / "work")
    assert after[WEIGHTS] == before[WEIGHTS]  # the same faces: it need not be fitted again
    assert after[DRAWN[1]] == before[DRAWN[1]]


def copied(recipe: RendererRecipe, faces: Sequence[Portrait]) -> np.ndarray:
    """What a renderer without a fault would draw, for this one draws everybody alike."""
    return shrink_all(faces, recipe.side)


@pytest.mark.parametrize("change", [moved, held_out])
def test_a_renderer_of_other_faces_is_refused(
    read: Read, tmp_path: Path, change: Callable[[list[dict[str, str]]], object]
) -> None:
    change_rows(tmp_path / "data", change)
    with pytest.raises(DataError, match=f"{WEIGHTS} was .* 1 of the 6 faces it was") as caught:
        read()
    assert f"delete {WEIGHTS} there" in caught.value.hint
    before = states(tmp_path / "work")
    (tmp_path / "work" / WEIGHTS).unlink()
    read()  # which then draws anew what the earlier one drew
    assert all(states(tmp_path / "work")[name] != before[name] for name in (WEIGHTS, *DRAWN))


def test_a_renderer_of_another_recipe_is_refused(read: Read) -> None:
    with pytest.raises(DataError, match=r"recipe\.seed was 1, is 2"):
        read(seed=2)


def test_a_renderer_fitted_on_fewer_faces_will_do(
    read: Read, tmp_path: Path, said: pytest.LogCaptureFixture
) -> None:
    change_rows(tmp_path / "data", lambda rows: rows.append({**rows[0], "x0": "40"}))
    read()
    assert f"{WEIGHTS} was fitted on 6 of these 7 faces" in said.text


def test_a_renderer_fitted_by_itself_serves_a_detector(
    filled: Path,
    recipe: DetectorRecipe,
    renderers: list[RendererRecipe],
    run_in: Callable[..., Run],
    tmp_path: Path,
    said: pytest.LogCaptureFixture,
) -> None:
    """It sees less of each picture than the detector keeps, and that is all the difference."""
    run = run_in(tmp_path)
    fit_renderer(renderers[0], read_people([filled / "data"]), [], run)
    read_sides([filled / "data"], recipe, renderers, run)
    assert "was fitted" not in said.text


def test_work_folders_of_earlier_versions_are_taken(
    read: Read, tmp_path: Path, said: pytest.LogCaptureFixture
) -> None:
    work = tmp_path / "work"
    for name in (WEIGHTS, *DRAWN):
        note_of(work / name).unlink()
    with np.load(work / "films.npz") as kept:
        np.savez(work / "films.npz", **{name: kept[name] for name in kept if name != "clips"})
    before = states(work)
    read()
    assert states(work) == before
    for name in before:
        assert f"{name}: nothing says what it was made of" in said.text
    change_rows(tmp_path / "data", lambda rows: rows.pop())
    with pytest.raises(DataError, match="shows 9 faces, the data holds 8"):
        read()


def test_films_of_changed_clips_are_cut_anew(
    read: Read, tmp_path: Path, said: pytest.LogCaptureFixture
) -> None:
    read()
    before = states(tmp_path / "work")
    plant_film(tmp_path / "data" / "clips" / "0.mp4", 7)
    read()
    assert "films.npz was cut from other clips" in said.text
    after = states(tmp_path / "work")
    assert after["films.npz"] != before["films.npz"]
    assert after[DRAWN[1]] != before[DRAWN[1]]
    assert after[DRAWN[0]] == before[DRAWN[0]]


def test_a_note_that_is_damaged_is_named(read: Read, tmp_path: Path) -> None:
    note_of(tmp_path / "work" / WEIGHTS).write_bytes(b"{")
    with pytest.raises(DataError, match=rf"{WEIGHTS}\.json cannot be read"):
        read()


def test_a_finished_fit_of_other_faces_is_refused(
    finished: Path, faces: Path, fit: Callable[..., Path], recipe: DetectorRecipe, tmp_path: Path
) -> None:
    """Also where the fakes are made without any renderer, and as many faces are left."""
    work, data = tmp_path / "work", tmp_path / "data"
    shutil.copytree(finished, work)
    shutil.copytree(faces, data)
    change_rows(data, list.reverse)
    with pytest.raises(DataError, match=r"debug-1-5\.ckpt .*the faces fitted on are others"):
        fit(recipe, work, data=data)


def test_a_checkpoint_that_says_nothing_of_its_faces_is_taken(
    tmp_path: Path, said: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.ckpt"
    write_checkpoint({"step": 1}, {"seed": 1}, path)
    now = {"seed": 1, "contents": {"fitted on": {"faces": "12ab"}}}
    assert read_checkpoint(path, now)["step"] == 1
    assert "a.ckpt: nothing says which faces" in said.text
    write_checkpoint({"step": 1}, now, path)
    other = {"seed": 1, "contents": {"fitted on": {"faces": "34cd"}}}
    with pytest.raises(DataError, match="the faces fitted on are others"):
        read_checkpoint(path, other)


def test_half_a_renderer_of_another_recipe_is_named(
    filled: Path, renderers: list[RendererRecipe], run_in: Callable[..., Run], tmp_path: Path
) -> None:
    """A detector's --fresh keeps renderers, and would not help."""
    people = read_people([filled / "data"])
    with pytest.raises(Stopped):
        fit_renderer(renderers[0], people, [], run_in(tmp_path, limit=2))
    other = renderers[0].model_copy(update={"seed": 2})
    with pytest.raises(DataError, match=r"recipe\.seed was 1, is 2") as caught:
        fit_renderer(other, people, [], run_in(tmp_path))
    assert "delete debug-renderer.ckpt there" in caught.value.hint
    assert "--fresh" not in caught.value.hint
    with pytest.raises(DataError, match="the faces are others"):
        fit_renderer(renderers[0], people[::-1], [], run_in(tmp_path))


def test_fresh_forgets_the_notes_too(
    read: Read, tmp_path: Path, renderers: list[RendererRecipe]
) -> None:
    forget(renderers[0], tmp_path / "work")
    assert not list((tmp_path / "work").glob("debug-renderer*"))


def test_a_face_is_told_by_what_was_read(filled: Path) -> None:
    """Whatever of its picture is kept."""
    near, far = (read_portraits(filled / "data", loose)[0] for loose in (1.0, 1.5))
    assert near.part != far.part
    assert near.digest() == far.digest()
