"""What ran when and on which thread, for Perfetto or chrome://tracing."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import IO


class Trace:
    """Writes events to ``stream`` as they end, so that a long scan takes no memory for them.

    The format is Chrome's trace events in an object, times in microseconds since the trace was
    made. Safe to use from several threads; :meth:`close` makes it a whole document.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._zero = time.perf_counter()
        self._lock = threading.Lock()
        self._named: set[int] = set()
        stream.write('{"displayTimeUnit": "ms", "traceEvents": [\n')
        self._write({"ph": "M", "name": "process_name", "args": {"name": "unmask"}}, ",\n")

    def add(self, name: str, start: float, end: float, **facts: str | int) -> None:
        """``name`` ran on this thread from ``start`` to ``end`` (seconds of ``perf_counter``)."""
        thread = threading.current_thread()
        number = threading.get_native_id()
        span = {"ts": round(1e6 * (start - self._zero)), "dur": round(1e6 * (end - start))}
        with self._lock:
            if number not in self._named:
                self._named.add(number)
                named = {"name": "thread_name", "args": {"name": thread.name}}
                self._write({"ph": "M", "tid": number, **named}, ",\n")
            self._write({"ph": "X", "tid": number, "name": name, **span, "args": facts}, ",\n")

    def close(self) -> None:
        """Write the end. Nothing may be added afterwards."""
        with self._lock:
            took = round(1e6 * (time.perf_counter() - self._zero))
            self._write({"ph": "i", "tid": 0, "name": "end", "ts": took, "s": "g"}, "\n]}\n")

    def _write(self, event: dict[str, object], after: str) -> None:
        self._stream.write(json.dumps({"pid": os.getpid(), **event}, ensure_ascii=False) + after)
