"""Which faces of a file are judged, how they are numbered, and which frames make a clip."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from unmask.core.frames import Detection, Sighting, Track
from unmask.pipeline.choosing import Choice, choose_faces
from unmask.pipeline.clipping import clips_of

MANY = 24  # frames looked at, of a film
UNSEEN: Any = None  # what the network said is of no account here


def sighting(time: float, size: float = 100.0, score: float = 0.99, x: float = 0.0) -> Sighting:
    box = (x, 0.0, x + size, size + 20)
    when = Fraction(time).limit_denominator(1000)
    return Sighting(0, when, Detection(box, score, np.zeros((5, 2), np.float32)))


def track(face: int, *sightings: Sighting, window: int = 0) -> Track:
    return Track(face, window, sightings)


def chosen(
    *tracks: Track, faces: int = 8, frames: int = MANY, unscored: tuple[int, ...] = ()
) -> Choice:
    scored = {seen: UNSEEN for one in tracks if one.face not in unscored for seen in one.sightings}
    return choose_faces(tracks, scored, max_faces=faces, frames=frames)


def numbers(choice: Choice) -> list[int]:
    """The tracker's numbers of the faces chosen, in the order of their ids."""
    return [face[0].face for face in choice.faces]


def test_faces_are_named_as_they_appear_and_the_larger_first() -> None:
    late = track(0, sighting(5, 300), sighting(6, 300))
    small = track(1, sighting(1, 50), sighting(2, 50))
    large = track(2, sighting(1, 90), sighting(2, 90))
    right = track(3, sighting(1, 50, x=200), sighting(2, 50, x=200))
    choice = chosen(late, right, small, large)
    assert numbers(choice) == [2, 1, 3, 0]
    assert (choice.brief, choice.left_out) == (0, 0)


def test_the_most_prominent_are_kept_by_how_much_of_the_film_shows_them() -> None:
    """Not who is largest in a single frame, nor who comes first."""
    passing = track(0, sighting(0, 250), sighting(1, 200))
    staying = track(1, *(sighting(time, 120) for time in range(2, 8)))
    small = track(2, *(sighting(time, 60, x=300) for time in range(8)))
    choice = chosen(passing, small, staying, faces=2)
    assert numbers(choice) == [2, 1]
    assert choice.left_out == 1


def test_of_equals_the_first_are_kept() -> None:
    people = [track(face, sighting(face), sighting(face + 1)) for face in (3, 0, 2, 1)]
    assert numbers(chosen(*people, faces=3)) == [0, 1, 2]


def test_a_face_of_several_windows_is_one_in_order_of_time() -> None:
    after = track(4, sighting(8), sighting(9), window=1)
    before = track(4, sighting(0), sighting(1))
    (face,) = chosen(after, before).faces
    assert [one.window for one in face] == [0, 1]


@pytest.mark.parametrize(
    ("score", "times", "frames", "kept"),
    [
        (0.94, [2], MANY, False),
        (0.95, [2], MANY, True),  # so sure is enough
        (0.85, [2, 3], MANY, True),  # seen twice
        (0.85, [2], 3, False),
        (0.85, [2], 2, True),  # of two frames one says nothing
        (0.85, [0], 1, True),  # a picture
    ],
)
def test_a_face_seen_once_in_a_film_must_be_a_sure_one(
    score: float, times: list[float], frames: int, kept: bool
) -> None:
    doubtful = track(0, *(sighting(time, score=score) for time in times))
    choice = chosen(doubtful, frames=frames)
    assert (len(choice.faces), choice.brief, choice.left_out) == ((1, 0, 0) if kept else (0, 1, 0))


def test_a_face_that_was_never_scored_is_left_out_and_counted() -> None:
    """The most prominent of each stretch are scored, and there were others."""
    choice = chosen(track(0, sighting(0), sighting(1)), track(1, sighting(0), sighting(1)),
                    unscored=(1,))  # fmt: skip
    assert numbers(choice) == [0]
    assert choice.left_out == 1


def test_a_face_that_was_scored_in_one_stretch_alone_is_judged() -> None:
    """In the other one more prominent ones were."""
    seen, passed = track(0, sighting(0), sighting(1)), track(0, sighting(8), sighting(9), window=1)
    choice = choose_faces(
        [seen, passed], dict.fromkeys(seen.sightings, UNSEEN), max_faces=1, frames=MANY
    )
    assert (len(choice.faces), choice.left_out) == (1, 0)


def clips(count: int, length: int = 8, *, unscored: tuple[int, ...] = ()) -> list[list[int]]:
    """The seconds of each clip of a track with so many sightings."""
    seen = [sighting(time) for time in range(count)]
    scored = {one: UNSEEN for number, one in enumerate(seen) if number not in unscored}
    found = clips_of([track(0, *seen)], scored, length=length)
    return [[int(one.time) for one in clip] for clip in found]


def test_clips_are_as_long_as_the_network_was_fitted_on() -> None:
    assert clips(8) == [list(range(8))]
    assert clips(16) == [list(range(8)), list(range(8, 16))]
    assert clips(19) == [list(range(8)), list(range(8, 16)), list(range(11, 19))]
    assert clips(9) == [list(range(8)), list(range(1, 9))]


@pytest.mark.parametrize(
    ("count", "length", "found"),
    [(4, 8, 1), (3, 8, 0), (4, 7, 1), (3, 7, 0), (2, 3, 1), (1, 1, 0), (2, 2, 1), (0, 8, 0)],
)
def test_a_shorter_track_is_a_clip_down_to_half_and_to_two_frames(
    count: int, length: int, found: int
) -> None:
    assert clips(count, length) == ([list(range(count))] if found else [])


def test_what_was_not_scored_is_in_no_clip() -> None:
    assert clips(6, unscored=(2,)) == [[0, 1, 3, 4, 5]]
    assert clips(5, unscored=(0, 1)) == []


def test_each_track_has_clips_of_its_own() -> None:
    one, other = ([sighting(start + at) for at in range(4)] for start in (0, 10))
    scored = dict.fromkeys([*one, *other], UNSEEN)
    found = clips_of([track(0, *one), track(0, *other, window=1)], scored, length=8)
    assert [[int(seen.time) for seen in clip] for clip in found] == [[0, 1, 2, 3], [10, 11, 12, 13]]
