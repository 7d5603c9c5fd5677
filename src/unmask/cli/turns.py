"""Files looked at side by side, and answers given as if one had come after the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Keeps apart scans of the same bytes: the second waits until the first is done.

    First is who has the lower number, however fast the others are. Every number from 0 on is
    taken once, each not before the one below it has been begun.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._next = 0
        self._latest: dict[str, threading.Event] = {}  # the last scan of these bytes, and its end

    @contextmanager
    def take(self, number: int) -> Iterator[Turn]:
        """The turn of this number, over at the end of the block if not before."""
        turn = Turn(self, number)
        try:
            yield turn
        finally:
            turn.end()

    def pass_on(
        self, number: int, sha256: str | None, done: threading.Event
    ) -> threading.Event | None:
        """Wait for those before ``number``, let the next go on; who has these bytes already."""
        with self._changed:
            self._changed.wait_for(lambda: self._next == number)
            self._next += 1
            self._changed.notify_all()
            if sha256 is None:
                return None
            before = self._latest.get(sha256)
            self._latest[sha256] = done
            return before

    def forget(self, sha256: str, done: threading.Event) -> None:
        """Nobody needs to wait for this scan any more: a folder may hold a million."""
        with self._changed:
            if self._latest.get(sha256) is done:
                del self._latest[sha256]


class Turn:
    """Of one scan. Not for several threads."""

    def __init__(self, turns: Turns, number: int) -> None:
        self._turns, self._number = turns, number
        self._passed = False
        self._claimed: str | None = None
        self._done = threading.Event()

    def claim(self, sha256: str) -> float:
        """Wait until no scan before this one is at work on these bytes; how many seconds."""
        start = time.monotonic()
        before = self._pass(sha256)
        if before is not None:
            before.wait()
        return time.monotonic() - start

    def end(self) -> None:
        """Whoever waits for this scan may go on."""
        if not self._passed:
            self._pass(None)
        self._done.set()
        if self._claimed is not None:
            self._turns.forget(self._claimed, self._done)

    def _pass(self, sha256: str | None) -> threading.Event | None:
        self._passed, self._claimed = True, sha256
        return self._turns.pass_on(self._number, sha256, self._done)
