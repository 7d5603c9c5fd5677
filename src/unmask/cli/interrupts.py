"""Ctrl-C during a scan: noted, and acted on where no result can be lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Whether the person has interrupted. The first Ctrl-C only sets ``made``."""

    def __init__(self) -> None:
        self.made = False

    def take(self, _signal: int, _frame: FrameType | None) -> None:
        """The handler of SIGINT. A second one raises :class:`KeyboardInterrupt` where it comes."""
        again, self.made = self.made, True
        if again:
            raise KeyboardInterrupt


@contextmanager
def listening() -> Iterator[Interrupts]:
    """Take SIGINT inside the block; off the main thread Python's own handling stays."""
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = signal.signal(signal.SIGINT, interrupts.take)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
