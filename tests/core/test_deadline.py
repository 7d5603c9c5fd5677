"""Time budgets: when they are over, what stops them, what is not counted."""

from __future__ import annotations

import threading

import pytest

from unmask.core import deadline as module
from unmask.core.deadline import Deadline
from unmask.core.errors import TimeBudgetExceeded


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says, to be set."""
    at = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: at[0])
    return at


def test_a_budget_is_over_after_its_last_moment(now: list[float]) -> None:
    given = Deadline.after(2.5)
    for at in (100.0, 102.5):
        now[0] = at
        given.check("waiting")
    now[0] = 102.51
    with pytest.raises(TimeBudgetExceeded, match=r"budget of 2\.5 s ran out while waiting"):
        given.check("waiting")
    given.check_stopped("waiting")  # where time does not count


def test_no_budget_is_never_over(now: list[float]) -> None:
    given = Deadline.after(None)
    now[0] = 1e9
    given.check("waiting")
    assert given.later(5) == given
    assert given.half_left


def test_time_spent_on_others_is_given_back_and_the_budget_stays_what_it_was(
    now: list[float],
) -> None:
    given = Deadline.after(10).later(3)
    assert (given.at, given.budget_s) == (113.0, 10)
    now[0] = 113.0
    given.check("waiting")
    now[0] = 113.1
    with pytest.raises(TimeBudgetExceeded, match="budget of 10 s"):
        given.check("waiting")


@pytest.mark.parametrize(("at", "left"), [(100.0, True), (105.0, True), (105.1, False)])
def test_half_of_it_is_left_until_half_is_gone(now: list[float], at: float, left: bool) -> None:
    given = Deadline.after(10)
    now[0] = at
    assert given.half_left is left


def test_any_of_several_stops_ends_it() -> None:
    one, other = threading.Event(), threading.Event()
    given = Deadline.after(None).until(one).until(other)
    given.check("waiting")
    one.set()
    for check in (given.check, given.check_stopped):
        with pytest.raises(TimeBudgetExceeded, match="stopped while waiting"):
            check("waiting")
    assert given.later(1).stops == (one, other)
