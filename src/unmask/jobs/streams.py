"""The standard streams of a process that works for another one of ours."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

_PAUSE_S = 0.25


def own_stdout() -> BinaryIO:
    """A stream to whoever started this process; what libraries print goes to standard error."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream


def when_stdin_closes(then: Callable[[], object]) -> None:
    """Call ``then``, in a thread of its own, as soon as whoever holds the other end has died."""

    def wait() -> None:
        _until_closed()
        then()

    threading.Thread(target=wait, daemon=True).start()


def _until_closed() -> None:
    if sys.platform == "win32":
        import _winapi
        import msvcrt

        # A read that waits keeps all others from the pipe, also libraries that only look at it
        # while they are loaded, as numpy's do: each would wait until this process is to end.
        with suppress(OSError):
            while True:
                _winapi.PeekNamedPipe(msvcrt.get_osfhandle(0), 0)
                time.sleep(_PAUSE_S)
    else:
        # Not by sys.stdin: a thread that waits in it holds its lock, over which Python, ending,
        # aborts.
        while os.read(0, 1024):
            pass
