"""Memory for frames, shared by files that are analysed side by side."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakSet

from unmask.core.analysis import MediaInfo
from unmask.core.deadline import Deadline
from unmask.core.forking import in_each_child
from unmask.video import frames_that_fit

# Two films of 4K, or eight of 1080p. What needs more than all of it, as 8K does, runs by itself.
_BYTES = 640 * 2**20
_DECODERS_FRAMES = 8  # of one and a half bytes a pixel, which the decoder holds
_PAUSE_S = 0.1


class Room:
    """Lets files in as long as their frames fit, in the order in which they come.

    Nobody is passed: a large file gets in as soon as those before it are done.
    """

    def __init__(self, size: int = _BYTES) -> None:
        self._size = size
        self.begin()
        _ROOMS.add(self)

    def begin(self) -> None:
        """Nobody is in, and nobody waits."""
        self._taken = 0
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def take(
        self, amount: int, deadline: Deadline, *, let_go: Callable[[], None] = lambda: None
    ) -> Iterator[float]:
        """Hold ``amount`` bytes in the block, given the seconds that it took to get them.

        ``deadline`` may stop the waiting, but its time does not run out meanwhile. ``let_go`` is
        called before there is any.
        """
        start, ticket = time.monotonic(), object()
        with self._changed:
            self._queue.append(ticket)
            try:
                if self._must_wait(ticket, amount):
                    let_go()
                while self._must_wait(ticket, amount):
                    deadline.check_stopped("waiting for other files")
                    self._changed.wait(_PAUSE_S)
                self._taken += amount
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
        try:
            yield time.monotonic() - start
        finally:
            with self._changed:
                self._taken -= amount
                self._changed.notify_all()

    def _must_wait(self, ticket: object, amount: int) -> bool:
        return self._queue[0] is not ticket or not self._fits(amount)

    def _fits(self, amount: int) -> bool:
        return self._taken == 0 or self._taken + amount <= self._size


def _empty_all() -> None:
    for room in list(_ROOMS):
        room.begin()


_ROOMS: WeakSet[Room] = WeakSet()
in_each_child(_empty_all)  # what its parent's files take there, no thread gives back here


def frames_memory(info: MediaInfo, frames: int) -> int:
    """Bytes that a window of ``frames`` of this file takes, and its decoder: about right."""
    pixels = info.width * info.height
    held = min(frames, frames_that_fit(info.width, info.height)) if info.kind == "video" else 1
    return round(pixels * (3 * held + 1.5 * _DECODERS_FRAMES))
