"""Work in other threads: how far ahead it goes, and that it ends when nobody waits for it."""

from __future__ import annotations

import threading
import time

import pytest

from unmask.core.deadline import Deadline
from unmask.core.errors import TimeBudgetExceeded
from unmask.pipeline.ahead import made_ahead


def counting(last: int) -> tuple[list[int], object]:
    made: list[int] = []

    def make() -> int | None:
        if len(made) == last:
            return None
        made.append(len(made))
        return made[-1]

    return made, make


@pytest.mark.parametrize("ahead", [False, True])
def test_everything_comes_in_order_and_one_ahead_at_most(ahead: bool) -> None:
    made, make = counting(5)
    with made_ahead(make, "test", ahead=ahead) as following:  # type: ignore[arg-type]
        for number in range(5):
            assert following() == number
            until = time.monotonic() + 5
            while ahead and number < 4 and len(made) < number + 2 and time.monotonic() < until:
                time.sleep(0.001)
            assert len(made) == min(number + 1 + ahead, 5)
        assert following() is None


def test_errors_are_raised_where_the_answer_is_asked_for() -> None:
    answers = iter([1])

    def make() -> int | None:
        try:
            return next(answers)
        except StopIteration:
            raise OSError("the disk is gone") from None

    with made_ahead(make, "test", ahead=True) as following:
        assert following() == 1
        with pytest.raises(OSError, match="the disk is gone"):
            following()


def test_whoever_waits_for_nothing_any_more_stops_the_others() -> None:
    stop = threading.Event()
    deadline = Deadline.after(None).until(stop)

    begun = threading.Event()
    calls: list[int] = []

    def make() -> int | None:
        calls.append(1)
        if len(calls) == 1:
            return 1
        begun.set()
        while True:
            deadline.check("waiting")
            time.sleep(0.001)

    with made_ahead(make, "test", ahead=True) as following:
        assert following() == 1
        assert begun.wait(5)  # the second answer is on its way, for ever
        stop.set()
    assert len(calls) == 2  # and the block has ended all the same
    with pytest.raises(TimeBudgetExceeded, match="stopped while waiting"):
        deadline.check("waiting")
    Deadline.after(None).check("waiting")
