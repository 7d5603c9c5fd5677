"""A file that one process holds for as long as it works: others are told, not let in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from unmask.core.errors import DataError


def claimed_folder(folder: Path, option: str) -> AbstractContextManager[None]:
    """Only one run in ``folder``, which ``option`` has named. Raises as :func:`claimed`."""
    return claimed(folder / ".lock", hint=f"wait for it, or choose another {option}")


@contextmanager
def claimed(lock: Path, *, hint: str) -> Iterator[None]:
    """Hold ``lock``, a file beside the work; it is let go however the process ends.

    :class:`DataError` with ``hint`` where another process holds it, or it cannot be written. Not
    for two claims of one process: the system knows of one holder only.
    """
    try:
        file = lock.open("w")
    except OSError as error:
        raise DataError(f"cannot write {lock}: {error.strerror or error}", hint=hint) from error
    with file:
        try:
            _take(file)
        except (BlockingIOError, PermissionError) as error:
            raise DataError(f"another run is at work in {lock.parent}", hint=hint) from error
        except OSError:  # a file system without locks: two runs would do the same work twice
            pass
        yield


def _take(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        # Not flock: workers inherit its lock, and would hold it when their run is killed.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
