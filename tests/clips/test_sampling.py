import itertools
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from unmask.clips import plan_windows, with_spares


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


def test_a_part_is_sampled_as_a_file_of_its_length_is():
    plans = plan_windows(1200.0, clips=4, frames=5, step_s=0.1, part=(660.0, 680.0))
    assert [float(plan.start) for plan in plans] == [660, 665, 670, 675]
    assert plans[-1].stop == 680
    (plan,) = plan_windows(None, clips=4, frames=5, step_s=0.1, part=(660.0, None))
    assert plan.start == 660


def test_a_part_ends_where_the_file_does():
    plans = plan_windows(10.0, clips=2, frames=5, step_s=0.1, part=(6.0, 60.0))
    assert [float(plan.start) for plan in plans] == [6, 8]
    assert plan_windows(10.0, clips=2, frames=5, step_s=0.1, part=(10.0, None)) == []


@given(st.floats(0.01, 20_000), st.integers(1, 12), st.integers(1, 16), st.floats(0.02, 0.5))
def test_spares_lie_between_and_hold_their_window(duration, clips, frames, step):
    plans = plan_windows(duration, clips=clips, frames=frames, step_s=step)
    both = list(with_spares(plans))
    assert [plan for plan in both if not plan.spare] == plans
    spares = [plan for plan in both if plan.spare]
    assert not spares or len(spares) == len(plans) > 1
    for one, other in itertools.pairwise(both):
        assert one.start < other.start
        assert other.start + other.frames * other.step <= other.stop


def test_a_spare_begins_in_the_middle_of_each_slot_with_room_for_two():
    plans = plan_windows(40.0, clips=2, frames=5, step_s=0.1)
    both = list(with_spares(plans))
    assert [(float(one.start), float(one.stop), one.spare) for one in both] == [
        (0, 20, False),
        (10, 20, True),
        (20, 40, False),
        (30, 40, True),
    ]
    exact = plan_windows(2.0, clips=2, frames=5, step_s=0.1)
    assert sum(one.spare for one in with_spares(exact)) == 2
    short = plan_windows(1.98, clips=2, frames=5, step_s=0.1)
    assert sum(one.spare for one in with_spares(short)) == 0
    assert not any(one.spare for one in with_spares(plan_windows(40.0, clips=1, frames=5,
                                                                 step_s=0.1)))  # fmt: skip


def test_there_are_as_many_windows_as_were_asked_for_where_the_film_has_room():
    assert len(plan_windows(2.0, clips=4, frames=5, step_s=0.1)) == 4
    assert len(plan_windows(1.99, clips=4, frames=5, step_s=0.1)) == 3
    (alone,) = plan_windows(0.1, clips=4, frames=5, step_s=0.1)
    assert (alone.start, alone.stop) == (0, Fraction(1, 10))
