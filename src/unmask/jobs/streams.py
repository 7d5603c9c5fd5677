"""The standard streams of a process that works for another one of ours."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import BinaryIO


def own_stdout() -> BinaryIO:
    """A stream to whoever started this process; what libraries print goes to standard error."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream


def when_stdin_closes(then: Callable[[], object]) -> None:
    """Call ``then``, in a thread of its own, as soon as whoever holds the other end has died."""

    def wait() -> None:
        # Not by sys.stdin: a thread that waits in it holds its lock, over which Python, ending,
        # aborts.
        while os.read(0, 1024):
            pass
        then()

    threading.Thread(target=wait, daemon=True).start()
