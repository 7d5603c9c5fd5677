"""Room on the disk of the data folder: some is kept free, so that what was accepted can be ended.

A disk that is full to its last byte takes no result, no line of the custody log, and no word of
how a job ended. So no file is taken while that would leave less than a reserve, and no job is
begun below a quarter of it: that much is left to those which run already.
"""

from __future__ import annotations

import errno
import os
import shutil

from unmask.core.errors import DiskFull, StoreError, UsageError
from unmask.jobs.folders import Folders

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
VARIABLE = "UNMASK_RESERVE"
_MB = 2**20
_USUAL_MB = 256
_MOST_MB = 10**9


def no_room() -> DiskFull:
    """What is said of an OSError whose number is one of :data:`NO_ROOM`."""
    return DiskFull(
        "there is no room left for the file on the server's disk",
        hint="send it again when there is more space",
    )


def reserve() -> int:
    """Bytes that are kept free: ``UNMASK_RESERVE`` in MB. :class:`UsageError` for no number."""
    text = os.environ.get(VARIABLE, "").strip() or str(_USUAL_MB)
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and int(text) <= _MOST_MB):
        raise UsageError(
            f"{VARIABLE} must be a whole number from 0 to {_MOST_MB}, not {text[:40]!r}"
        )
    return int(text) * _MB


def free(folders: Folders) -> int:
    """Bytes that are left on the disk. :class:`StoreError` where that cannot be told, as of a
    network's folder that is away.
    """
    try:
        return shutil.disk_usage(folders.incoming).free
    except OSError as error:
        raise StoreError(
            f"the data folder {folders.root} cannot be used: {error.strerror or error}",
            hint="check the data folder and the disk it lies on",
        ) from error


def check_room(folders: Folders, coming: int = 0) -> None:
    """Raise :class:`DiskFull` where ``coming`` bytes would eat the reserve."""
    if free(folders) - coming < reserve():
        raise no_room()


def too_full_to_begin(folders: Folders) -> bool:
    """Whether a job that is begun now might find no room for its result."""
    return free(folders) < reserve() // 4
