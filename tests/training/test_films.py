"""Real faces in motion, found and cut by the product's own code, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from face_tree import plant_clips

from unmask.core.errors import DataError
from unmask.training.films import read_films, split_films, stills
from unmask.training.labelled import LabelledClips
from unmask.training.material import decode
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run
from unmask.training.sequences import draw_sequences
from unmask.training.side import Side
from unmask.training.store import films


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant_clips(tmp_path_factory.mktemp("clips"), 3)


def test_films_are_cut_once(
    clips: Path,
    recipe: DetectorRecipe,
    run_in: Callable[..., Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = tmp_path / "films.npz"
    found = films(clips, recipe.clip, kept, run_in(tmp_path))
    assert {film.name for film in found} == {"0.mp4", "1.mp4", "2.mp4"}
    monkeypatch.setattr("unmask.training.store.read_films", pytest.fail)
    again = films(clips, recipe.clip, kept, run_in(tmp_path))
    assert [len(film.frames) for film in again] == [len(film.frames) for film in found]
    assert again[0].frames[0].data == found[0].frames[0].data
    monkeypatch.undo()
    other = recipe.model_copy(update={"clip": recipe.clip.model_copy(update={"frames": 5})})
    longer = films(clips, other.clip, kept, run_in(tmp_path))  # another recipe: cut again
    assert max(len(film.frames) for film in longer) == 5


def test_landmarks_lie_on_the_face(clips: Path) -> None:
    found = read_films(clips, frames=3, step_s=0.1, windows=1)
    assert found
    for film in found:
        assert film.frames
        for frame in film.frames:
            picture = decode(frame.data)
            assert picture.shape == (215, 215, 3)
            eyes = frame.landmarks[:2].mean(axis=0)
            assert np.abs(eyes - [107, 87]).max() < 20


def test_a_column_that_a_list_of_clips_lacks_is_named(tmp_path: Path) -> None:
    (tmp_path / "clips.csv").write_text("file,source\na.mp4,somewhere\n")
    with pytest.raises(DataError, match=r"clips\.csv has no column licence "):
        read_films(tmp_path, frames=3, step_s=0.1, windows=1)


def test_clips_of_unstated_origin_stay_out_of_the_frame_stage(clips: Path) -> None:
    found = read_films(clips, frames=3, step_s=0.1, windows=1)
    assert {film.name for film in found} == {"0.mp4", "1.mp4", "2.mp4"}
    assert {frame.person for frame in stills(found)} == {"0.mp4", "1.mp4"}


def test_clips_are_held_out_whole(clips: Path) -> None:
    film = read_films(clips, frames=3, step_s=0.1, windows=1)[0]
    many = [replace(film, name=f"{n:02d}") for n in range(10) for _window in range(2)]
    fitted, held = split_films(many)
    assert len(held) == 4
    assert not {f.name for f in fitted} & {f.name for f in held}


def test_clips_of_as_many_sources_are_held_out_by_source(clips: Path) -> None:
    """Else thresholds for films would be set on stills alone."""
    film = read_films(clips, frames=3, step_s=0.1, windows=1)[0]
    for count, expected in ((1, 0), (2, 1), (7, 1), (12, 2)):
        many = [
            replace(film, name=f"{n}-{take}", frames=(replace(film.frames[0], origin=f"s{n:02d}"),))
            for n in range(count)
            for take in range(2)
        ]
        fitted, held = split_films(many)
        assert len(held) == 2 * expected
        assert not {f.name for f in fitted} & {f.name for f in held}
        assert len(fitted) + len(held) == len(many)


def test_film_clips_are_drawn_by_number(clips: Path, recipe: DetectorRecipe) -> None:
    found = read_films(clips, frames=3, step_s=0.1, windows=1)
    side = Side.of("fit", [film.frames[0] for film in found], found, LabelledClips([]))
    for seed in range(6):
        pair = draw_sequences(side, recipe, np.random.default_rng(seed))
        again = draw_sequences(side, recipe, np.random.default_rng(seed))
        closer = recipe.model_copy(update={"shown": 1.0})  # cut as the package will cut
        real, _fake = draw_sequences(side, closer, np.random.default_rng(seed))
        assert not np.array_equal(pair[0].crops, real.crops)
        for one, other in zip(pair, again, strict=True):
            np.testing.assert_array_equal(one.crops, other.crops)
        assert [clip.label for clip in pair] == [0, 1]
        assert pair[0].crops.shape == pair[1].crops.shape == (3, 84, 84, 3)
        assert not np.array_equal(pair[0].crops, pair[1].crops)


def test_an_absent_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"clips\.csv: No such file"):
        read_films(tmp_path, frames=3, step_s=0.1, windows=1)
