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
_CHOSEN = "PYTHONIOENCODING"
_ESCAPED = "backslashreplace"


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


def set_encodings() -> None:
    """Have standard output and error refuse no character; not where a caller put a plain buffer.

    Files and pipes of Windows take UTF-8, as from Python 3.15 on, unless ``PYTHONIOENCODING`` says
    otherwise. Left to themselves they take the code page of the country, which lacks most
    characters of file names and the lines that tables are drawn with.
    """
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        stream.reconfigure(errors=_ESCAPED)
        if sys.platform == "win32" and not stream.isatty() and not os.environ.get(_CHOSEN):
            stream.reconfigure(encoding="utf-8", errors=_ESCAPED)


def expect_document() -> None:
    """Have standard output take UTF-8 and keep line ends: JSON and CSV are the same bytes anywhere.

    In another encoding no program could read them, and Windows would end the lines of a CSV twice.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors=_ESCAPED, newline="")


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
