"""Which frames a window takes, over any spacing of frames."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from unmask.core.frames import Frame, WindowPlan
from unmask.video.sampling import Shots, pick

BLANK = np.zeros((1, 1, 3), np.uint8)


class Still:
    converted = 0

    def __init__(self, time: Fraction) -> None:
        self.time = time

    def shown(self, size: tuple[int, int]) -> Frame:
        Still.converted += 1
        return Frame(self.time, BLANK)


def take(at, plan, after=None):
    rest = iter([Still(Fraction(t)) for t in at])
    frames = pick(
        Shots(lambda: next(rest, None), plan.step),
        plan,
        count=plan.frames,
        size=(1, 1),
        after=after,
    )
    return [frame.time for frame in frames]


def passed_over(at, step=Fraction(12, 100)):
    rest = iter([Still(Fraction(t)) for t in at])
    shots = Shots(lambda: next(rest, None), step)
    shown = {shot.time for shot in iter(shots.next, None)}
    return [t for t in at if t not in shown]


def thirtieths(count: int) -> list[Fraction]:
    return [Fraction(k, 30) for k in range(count)]


def test_the_nearest_frame_is_taken_not_the_next():
    plan = WindowPlan(Fraction(0), Fraction(9), 4, Fraction(1, 8))  # wanted 0, .125, .25, .375
    assert [round(t * 30) for t in take(thirtieths(90), plan)] == [0, 4, 7, 11]


def test_rounded_timestamps_do_not_shift_it():
    at = [Fraction(round(k * 1000 / 30), 1000) for k in range(90)]
    plan = WindowPlan(Fraction(1, 30), Fraction(3), 5, Fraction(1, 10))
    picked = [round(t * 30) for t in take(at, plan)]
    assert picked == [picked[0] + 3 * k for k in range(5)]


def test_a_dense_plan_takes_every_frame():
    plan = WindowPlan(Fraction(0), Fraction(9), 6, Fraction(1, 100))
    assert take(thirtieths(90), plan) == thirtieths(6)


def test_after_a_gap_the_spacing_is_as_before():
    at = [Fraction(k, 30) for k in (*range(10), *range(60, 90))]
    plan = WindowPlan(Fraction(0), Fraction(9), 6, Fraction(1, 10))
    assert [t * 30 for t in take(at, plan)] == [0, 3, 6, 9, 60, 63]


def test_a_gap_that_ends_where_a_frame_was_wanted_moves_none_together():
    at = [Fraction(k, 30) for k in (0, *range(6, 20))]
    plan = WindowPlan(Fraction(0), Fraction(9), 4, Fraction(1, 10))
    assert [t * 30 for t in take(at, plan)] == [0, 6, 9, 12]


def test_the_last_frame_of_a_slot_is_taken_where_it_is_near_enough():
    plan = WindowPlan(Fraction(0), Fraction(1), 4, Fraction(1, 10))
    ends = [Fraction(k, 100) for k in (3, 5, 6)]
    assert [len(take([Fraction(0), end], plan)) for end in ends] == [1, 1, 2]


def test_a_window_that_is_full_takes_no_frame_behind_a_gap():
    plan = WindowPlan(Fraction(0), Fraction(1), 2, Fraction(1, 10))
    at = [Fraction(k, 100) for k in (0, 9, 35)]
    assert take(at, plan) == at[:2]


def flashing(flash, *, period=120, at=0):
    """Frames of 40 ms, among which one or more flash up every ``period`` ms; which these are."""
    flashes = [period * k + at + one for k in range(20) for one in flash]
    others = [period * k + 40 * j + at + len(flash) * 2 for k in range(20) for j in range(3)]
    milliseconds = [Fraction(one, 1000) for one in sorted({*flashes, *others})]
    return milliseconds, {Fraction(one, 1000) for one in flashes}


def test_what_flashes_up_where_frames_are_wanted_is_passed_over():
    at, flashes = flashing((0,))
    plan = WindowPlan(Fraction(0), Fraction(2), 5, Fraction(12, 100))
    taken = take(at, plan)
    assert len(taken) == 5
    assert not flashes.intersection(taken)


def test_several_that_flash_up_in_turn_are_passed_over_but_for_the_very_first():
    at, flashes = flashing((0, 2, 4))
    plan = WindowPlan(Fraction(0), Fraction(2), 5, Fraction(12, 100))
    assert len(flashes.intersection(take(at, plan))) == 1


def test_of_a_fast_camera_and_of_a_phone_none_is_passed_over():
    assert passed_over([Fraction(k, 240) for k in range(100)]) == []
    assert passed_over([Fraction(k, 1000) for k in range(100)]) == []
    apart = (33, 34, 66, 33, 50, 17)
    uneven = [sum(apart[: k % 6]) + sum(apart) * (k // 6) for k in range(60)]
    assert passed_over([Fraction(t, 1000) for t in uneven]) == []


times = st.lists(
    st.fractions(min_value=0, max_value=20, max_denominator=1000), unique=True, max_size=60
).map(sorted)
plans = st.builds(
    lambda start, length, frames, step: WindowPlan(start, start + length, frames, step),
    st.fractions(min_value=0, max_value=10, max_denominator=100),
    st.fractions(min_value=Fraction(1, 10), max_value=10, max_denominator=100),
    st.integers(1, 12),
    st.fractions(min_value=Fraction(1, 50), max_value=1, max_denominator=100),
)


@given(times, plans, st.none() | st.fractions(min_value=0, max_value=10, max_denominator=100))
def test_what_holds_for_every_window(at, plan, after):
    Still.converted = 0
    taken = take(at, plan, after)
    assert len(taken) <= plan.frames
    assert Still.converted == len(taken)
    assert taken == sorted(set(taken))
    assert set(taken) <= set(at)
    assert all(plan.start <= t < plan.stop for t in taken)
    assert after is None or all(t > after for t in taken)
    shown = [t for t in at if t not in passed_over(at, plan.step)]
    inside = [t for t in shown if plan.start <= t < plan.stop and (after is None or t > after)]
    assert taken[:1] == inside[:1]


def test_a_frame_of_a_later_window_is_not_lost():
    """A window that the frames do not fill has seen the first one behind it."""
    rest = iter([Still(Fraction(10 * k)) for k in range(7)])
    shots = Shots(lambda: next(rest, None), Fraction(1, 8))
    found = []
    for k in range(8):
        slot = WindowPlan(Fraction(70 * k, 8), Fraction(70 * (k + 1), 8), 8, Fraction(1, 8))
        found += [pick(shots, slot, count=8, size=(1, 1))]
    assert [[int(frame.time) for frame in window] for window in found] == [
        [0], [10], [20], [30], [40], [50], [60], [],
    ]  # fmt: skip
