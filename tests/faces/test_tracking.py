from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_faces import face_at

from unmask.core.frames import Detection, Frame, Sighting
from unmask.faces.tracking import follow

BLANK = np.zeros((4, 4, 3), np.uint8)


def run(
    detections: list[list[Detection]], step: float = 0.1, shots: list[int] | None = None
) -> list[tuple[Sighting, ...]]:
    frames = [Frame(Fraction(at) * Fraction(step), BLANK) for at in range(len(detections))]
    return follow(frames, detections, shots or [0] * len(detections))


def across(found: tuple[Sighting, ...]) -> list[float]:
    """The centre's x at each sighting."""
    return [(s.detection.box[0] + s.detection.box[2]) / 2 for s in found]


def test_several_people_stay_apart() -> None:
    runs = run([[face_at(300 + t), face_at(100 - t), face_at(500)] for t in range(6)])
    assert [across(found)[0] for found in runs] == [100, 300, 500]
    assert all(len(found) == 6 for found in runs)


def test_two_people_cross() -> None:
    runs = run([[face_at(100 + 30 * t), face_at(310 - 30 * t, 104)] for t in range(8)])
    assert [across(found)[-1] for found in runs] == [310, 100]


def test_two_people_cross_while_one_hides_the_other() -> None:
    frames = [[face_at(100 + 25 * t), face_at(275 - 25 * t, 100)] for t in range(8)]
    frames[3] = frames[3][:1]
    frames[4] = frames[4][:1]
    runs = run(frames)
    assert [across(found)[-1] for found in runs] == [275, 100]
    assert [len(found) for found in runs] == [8, 6]


def test_a_missed_detection_is_bridged() -> None:
    (found,) = run([[face_at(100)], [], [], [face_at(104)], [face_at(105)]])
    assert [sighting.frame for sighting in found] == [0, 3, 4]


def test_a_long_absence_ends_a_run() -> None:
    runs = run([[face_at(100)], *[[]] * 7, [face_at(100)]])
    assert [len(found) for found in runs] == [1, 1]


@pytest.mark.parametrize(("missed", "runs"), [(5, 1), (6, 2)])
def test_a_gap_of_six_tenths_of_a_second_is_bridged_and_no_longer_one(
    missed: int, runs: int
) -> None:
    tenth = Fraction(1, 10)
    frames = [Frame(at * tenth, BLANK) for at in range(missed + 2)]
    seen = [[face_at(100)], *[[]] * missed, [face_at(100)]]
    assert len(follow(frames, seen, [0] * len(seen))) == runs


@pytest.mark.parametrize(("side", "runs"), [(80, 1), (83, 2), (31.5, 1), (30, 2)])
def test_a_face_may_become_larger_or_smaller_by_six_tenths(side: float, runs: int) -> None:
    assert len(run([[face_at(100, side=50)], [face_at(100, side=side)]])) == runs


@pytest.mark.parametrize(
    ("missed", "by", "runs"),
    [(0, 39, 1), (0, 41, 2), (1, 54, 1), (1, 56, 2), (4, 74, 1), (4, 76, 2)],
)
def test_a_face_gets_so_far_in_the_time_it_has(missed: int, by: float, runs: int) -> None:
    """Half its size, three more a second, and one and a half at most; it is 50 pixels large."""
    seen = [[face_at(100)], *[[]] * missed, [face_at(100 + by)]]
    assert len(run(seen)) == runs


def test_a_cut_ends_a_run_though_the_face_stays() -> None:
    runs = run([[face_at(100)]] * 4, shots=[0, 0, 1, 1])
    assert [[sighting.frame for sighting in found] for found in runs] == [[0, 1], [2, 3]]


def test_leaving_and_entering_on_the_other_side_are_two() -> None:
    runs = run([[face_at(60)], [face_at(30)], [], [face_at(600)], [face_at(570)]])
    assert [len(found) for found in runs] == [2, 2]


def test_a_face_of_another_size_at_the_same_place_is_another() -> None:
    assert len(run([[face_at(100, side=50)], [face_at(100, side=120)]])) == 2


def test_no_frames_and_no_faces() -> None:
    assert run([]) == []
    assert run([[], []]) == []


WINDOWS = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 30), st.integers(0, 10), st.integers(3, 9), st.sampled_from([0.8, 0.99])
        ),
        max_size=6,
        unique=True,
    ),
    max_size=6,
)


@given(WINDOWS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_each_detection_is_in_one_run_whatever_their_order(places, random) -> None:
    def face(x: int, y: int, side: int, score: float) -> Detection:
        box = (10.0 * x, 10.0 * y, 10.0 * (x + side), 10.0 * (y + side))
        return Detection(box, score, np.full((5, 2), x, np.float32))

    frames = [[face(*place) for place in frame] for frame in places]
    shuffled = [random.sample(frame, len(frame)) for frame in frames]
    runs, again = run(frames), run(shuffled)
    seen = [(s.frame, id(s.detection)) for found in runs for s in found]
    assert sorted(seen) == sorted((at, id(d)) for at, frame in enumerate(frames) for d in frame)
    for found in runs:
        times = [sighting.time for sighting in found]
        assert times == sorted(set(times))
    assert [[id(s.detection) for s in found] for found in runs] == [
        [id(s.detection) for s in found] for found in again
    ]


@given(
    columns=st.integers(1, 12),
    rows=st.integers(1, 4),
    jitter=st.integers(0, 1000),
    frames=st.integers(1, 8),
)
@settings(deadline=None, max_examples=40)
def test_faces_that_keep_still_are_always_one_run_each(
    columns: int, rows: int, jitter: int, frames: int
) -> None:
    rng = np.random.default_rng(jitter)
    window = []
    for _ in range(frames):
        seen = []
        for place in range(columns * rows):
            x, y = place % columns * 60, place // columns * 60
            box = (np.array([x, y, x + 50, y + 50]) + rng.uniform(-3, 3, 4)).tolist()
            seen.append(Detection(tuple(box), 0.99, np.zeros((5, 2), np.float32)))
        window.append(seen)
    runs = run(window, step=0.04)
    assert len(runs) == columns * rows
    assert all(len(found) == frames for found in runs)
