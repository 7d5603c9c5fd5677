"""The standard streams as a command finds them: closed, full, or without a reader."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress

from unmask.core.errors import UsageError

# Errors of writing that no program can help. Where a file cannot be opened, its name is known.
_CANNOT_WRITE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


def attach() -> None:
    """Put the null device where a standard stream is closed, for which Python has None.

    Otherwise the next file that is opened would take the stream's number, and whatever a library
    prints would go into it. The one for standard output cannot be written to: what is printed
    there is missed, and not silently lost.
    """
    for name, mode, flags in (
        ("stdin", "r", os.O_RDONLY),
        ("stdout", "w", os.O_RDONLY),
        ("stderr", "w", os.O_WRONLY),
    ):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, flags)  # the lowest that is free
            setattr(sys, name, open(number, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def need_stdout() -> None:
    """:class:`UsageError` at once where standard output is closed, not after an hour."""
    try:
        os.write(sys.stdout.fileno(), b"")
    except io.UnsupportedOperation:  # a caller has put a plain buffer there
        return
    except OSError as error:
        raise UsageError(
            f"standard output cannot be written: {error.strerror}",
            hint="open it, or write to files, with --quiet where there is a table",
        ) from error


def discard_stdout() -> None:
    """Let go of what waits to be written: Python would try, and complain, again at its end."""
    with suppress(io.UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def cannot_write(error: Exception) -> bool:
    """Whether this says of a stream that it is full, closed or broken, and of no bug."""
    return isinstance(error, OSError) and error.filename is None and error.errno in _CANNOT_WRITE
