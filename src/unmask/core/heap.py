"""How the C library's heap keeps memory that large frames have let go."""

from __future__ import annotations

import ctypes
import os
import sys

_M_MMAP_THRESHOLD = -3  # of malloc.h
# Between a frame of 1080p in RGB, which is had sooner from the heap, and a plane of 4K.
_BYTES = 7 * 2**20
_SETTINGS = ("MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


def return_large_blocks() -> bool:
    """Give blocks of 7 MiB and more back to the system as soon as they are freed, for good.

    By itself glibc raises this threshold to 32 MiB with the first such block that is freed, and
    keeps what 4K and 8K films leave: 100 to 400 MB after a scan of one. Does nothing, and says
    so, with another C library or where the environment has settings of its own.
    """
    if sys.platform != "linux" or any(name in os.environ for name in _SETTINGS):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # musl has none
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _BYTES))
