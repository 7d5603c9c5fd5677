"""One run in a folder at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unmask.core.errors import DataError

_LOCK = ".lock"


@contextmanager
def claimed(folder: Path, option: str) -> Iterator[None]:
    """Only one run in ``folder``; the lock ends with the process, however that ends.

    :class:`DataError` where another run is at work there, or nothing can be written; its way
    out names ``option``.
    """
    try:
        import fcntl
    except ImportError:  # Windows: nobody keeps two runs apart
        yield
        return
    try:
        lock = (folder / _LOCK).open("w")
    except OSError as error:
        raise DataError(
            f"cannot write {folder / _LOCK}: {error.strerror or error}",
            hint=f"choose another place with {option}",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(
                f"another run is at work in {folder}",
                hint=f"wait for it, or choose another {option}",
            ) from error
        yield
