import itertools
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from unmask.clips import plan_windows


@given(st.floats(0.01, 20_000), st.integers(1, 12), st.integers(1, 16), st.floats(0.02, 0.5))
def test_slots_tile_the_file_and_hold_their_window(duration, clips, frames, step):
    plans = plan_windows(duration, clips=clips, frames=frames, step_s=step)
    assert 1 <= len(plans) <= clips
    assert plans[0].start == 0
    assert abs(float(plans[-1].stop) - duration) < 1e-3
    for one, other in itertools.pairwise(plans):
        assert one.stop == other.start
    if len(plans) > 1:
        assert all(plan.stop - plan.start >= plan.step * plan.frames for plan in plans)


def test_a_short_clip_is_one_window():
    assert len(plan_windows(0.9, clips=4, frames=8, step_s=0.12)) == 1


def test_a_picture_or_unknown_length_is_one_window_from_the_start():
    for duration in (None, 0.0):
        (plan,) = plan_windows(duration, clips=4, frames=8, step_s=0.1)
        assert plan.start == 0
        assert plan.stop == Fraction(8, 10)
