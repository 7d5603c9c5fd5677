"""Ctrl-C and SIGTERM in the middle of a fit: finish the step, save, say how to go on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):
    """The fit was asked to stop, and has saved; the message says how to go on."""


class StopRequest:
    """Whether somebody asked."""

    def __init__(self) -> None:
        self.made = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """A signal's handler. A second signal does what it would have done without us."""
        self.made = True
        for each in _SIGNALS:
            signal.signal(each, signal.default_int_handler)


@contextmanager
def listening() -> Iterator[StopRequest]:
    """Turn the first SIGINT or SIGTERM into a request; outside the main thread nothing changes."""
    request = StopRequest()
    try:
        before = [(each, signal.signal(each, request)) for each in _SIGNALS]
    except ValueError:  # only the main thread may set handlers
        yield request
        return
    try:
        yield request
    finally:
        for each, handler in before:
            signal.signal(each, handler)


def leave_signals_to_parent(_worker: int) -> None:
    """For a data worker: a terminal's Ctrl-C reaches it too, and the parent still wants data."""
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
