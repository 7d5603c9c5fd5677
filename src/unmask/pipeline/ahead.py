"""Work in a thread of its own, one piece ahead of who needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def made_ahead(
    make: Callable[[], T | None], name: str, *, ahead: bool
) -> Iterator[Callable[[], T | None]]:
    """``make`` as a function that answers at once where its answer was made meanwhile.

    It is called in one thread, never twice at a time. With ``ahead`` a call begins as soon as the
    one before was asked for, so that two answers exist at the same time; None ends that. Its
    errors are raised where the answer is asked for. The block waits for the call in progress.
    """
    with ThreadPoolExecutor(1, thread_name_prefix=name) as pool:
        made: list[Future[T | None]] = []

        def following() -> T | None:
            answer = (made.pop() if made else pool.submit(make)).result()
            if ahead and answer is not None:
                made.append(pool.submit(make))
            return answer

        yield following
