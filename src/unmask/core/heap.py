"""How the C library's heap keeps memory that large frames have let go."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # of malloc.h
# Between a frame of 1080p in RGB, which is had sooner from the heap, and a plane of 4K.
_BYTES = 7 * 2**20
_KEPT = 32 * 2**20  # the largest threshold that glibc takes
_SETTINGS = ("MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


def return_large_blocks() -> bool:
    """Give blocks of 7 MiB and more back to the system as soon as they are freed, for good.

    By itself glibc raises this threshold to 32 MiB with the first such block that is freed, and
    keeps what 4K and 8K films leave: 100 to 400 MB after a scan of one. Does nothing, and says
    so, with another C library or where the environment has settings of its own.
    """
    return _set({_M_MMAP_THRESHOLD: _BYTES})


def keep_blocks() -> bool:
    """Keep what is freed for the next block of the kind, up to 32 MiB apiece, for good.

    A fit makes and drops pictures of a megabyte all the time. Given back to the system, every page
    of theirs is asked for anew and cleared: a seventh of the time that making pseudo-fakes takes.
    Says whether it was done, as :func:`return_large_blocks`.
    """
    return _set({_M_MMAP_THRESHOLD: _KEPT, _M_TRIM_THRESHOLD: 4 * _KEPT, _M_TOP_PAD: 2 * _KEPT})


def _set(options: Mapping[int, int]) -> bool:
    done = [False]
    if sys.platform == "linux" and not any(name in os.environ for name in _SETTINGS):
        with suppress(OSError, AttributeError):  # musl has none
            mallopt = ctypes.CDLL(None).mallopt
            done = [mallopt(option, value) for option, value in options.items()]
    return all(done)
