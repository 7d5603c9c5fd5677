"""Starting a child, listening to it with a clock in hand, and ending it."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

from pydantic import ValidationError

from unmask.core.scan import Failure
from unmask.jobs.apart import apart
from unmask.jobs.child import out_of_memory
from unmask.jobs.ending import signal_of, was_killed
from unmask.jobs.limits import Limits
from unmask.jobs.messages import SAID, Order, Said

_LAST_WORDS = 2000


class Child:
    """A child at work on an order. Use it as a context: leaving it ends the child for certain."""

    def __init__(self, order: Order, limits: Limits) -> None:
        self.limits = limits
        self._process = subprocess.Popen(
            [sys.executable, "-m", "unmask.jobs.child", *limits.as_arguments()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **apart(),  # Ctrl-C is for the worker, which gives the job back
        )
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._complaints = b""
        self._readers = [
            threading.Thread(target=target, daemon=True)
            for target in (self._listen, self._hear_complaints)
        ]
        for reader in self._readers:
            reader.start()
        assert self._process.stdin is not None
        # It died at once: its exit code will say so. Windows speaks of an invalid argument then.
        with suppress(OSError):
            self._process.stdin.write(order.model_dump_json().encode() + b"\n")
            self._process.stdin.flush()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def says(self, pause_s: float) -> Iterator[Said | None]:
        """What it says, and None whenever it has said nothing for ``pause_s``; ends with it."""
        while True:
            try:
                line = self._lines.get(timeout=pause_s)
            except queue.Empty:
                yield None
                continue
            if line is None:
                return
            with suppress(ValidationError):  # half a line, of a child that was killed
                yield SAID.validate_json(line)

    def cause_of_death(self) -> Failure:
        """Why it ended without an answer. To be asked before leaving the context kills it."""
        code = self._process.wait()
        self._readers[1].join()
        words = self._complaints.decode("utf-8", "replace").strip()
        if code == -getattr(signal, "SIGXCPU", 24):
            return Failure(
                code="timeout",
                message=f"the analysis used up its {self.limits.cpu_s} s of processor time",
                hint="ask for fewer frames, or have the server's UNMASK_JOB_CPU raised",
            )
        if "MemoryError" in words or "bad_alloc" in words or "annot allocate memory" in words:
            return out_of_memory()
        if was_killed(code):
            return Failure(
                code="killed",
                message="the process that analysed the file was killed, most often because the "
                "machine ran out of memory",
                hint="give the machine or container more memory, or have fewer jobs run at a time, "
                "then try again",
            )
        return Failure(
            code="crashed",
            message=_of_a_crash(code, words),
            hint="the file may be damaged, or made to harm; other files are not affected",
        )

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _hear_complaints(self) -> None:
        """Keep the last of what it writes to standard error, so that it never waits for us."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._complaints = (self._complaints + line)[-_LAST_WORDS:]


def _of_a_crash(code: int, words: str) -> str:
    """By its last words; what it wrote before a signal came may be about anything."""
    if name := signal_of(code):
        return f"the process that analysed the file crashed ({name})"
    if words:
        return f"the process that analysed the file ended: {words.splitlines()[-1][:300]}"
    return f"the process that analysed the file ended with exit code {code}"
