"""Wall time per stage."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class StageClock:
    """Adds up what each named stage took."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._spent: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time inside the block for ``name``; blocks must not be nested."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self._spent[name] = self._spent.get(name, 0.0) + time.perf_counter() - start

    def timings(self) -> dict[str, float]:
        """Seconds per stage, in order of first use, and ``total`` since the clock was made."""
        whole = {**self._spent, "total": time.perf_counter() - self._started}
        return {name: round(seconds, 4) for name, seconds in whole.items()}
