"""Ctrl-C, or a polite kill, during a scan: noted, and acted on where no result can be lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Shells, time limits and service managers end a program with the second.
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Whether somebody has interrupted, and by which signal. The first one is only noted."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @property
    def made(self) -> bool:
        """Whether one has come."""
        return self.signal is not None

    def take(self, number: int, _frame: FrameType | None) -> None:
        """The handler. A second one raises :class:`KeyboardInterrupt` where it comes."""
        again, self.signal = self.made, number
        if again:
            raise KeyboardInterrupt


@contextmanager
def listening() -> Iterator[Interrupts]:
    """Take SIGINT and SIGTERM inside the block; off the main thread Python's own handling stays."""
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = {number: signal.signal(number, interrupts.take) for number in _SIGNALS}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
