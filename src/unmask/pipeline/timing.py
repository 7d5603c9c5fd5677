"""Wall time per stage."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from unmask.pipeline.tracing import Trace


class StageClock:
    """Adds up what each named stage took, and tells ``trace`` where there is one.

    Stages of different threads run side by side: together they may take longer than the whole.
    """

    def __init__(self, trace: Trace | None = None) -> None:
        self._started = time.perf_counter()
        self._spent: dict[str, float] = {}
        self._lock = threading.Lock()
        self._trace = trace

    @contextmanager
    def stage(self, name: str, **facts: str | int) -> Iterator[None]:
        """Count the time inside the block for ``name``; a thread's blocks must not be nested."""
        start = time.perf_counter()
        try:
            yield
        finally:
            end = time.perf_counter()
            with self._lock:
                self._spent[name] = self._spent.get(name, 0.0) + end - start
            if self._trace is not None:
                self._trace.add(name, start, end, **facts)

    def timings(self) -> dict[str, float]:
        """Seconds per stage, in order of first use, and ``total`` since the clock was made."""
        with self._lock:
            whole = {**self._spent, "total": time.perf_counter() - self._started}
        return {name: round(seconds, 4) for name, seconds in whole.items()}
