"""Reading a tar archive to its very end, so that one cut short is never taken for a whole one."""

from __future__ import annotations

import errno
import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unmask.core.errors import DataError

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_CHUNK = 1 << 20


@contextmanager
def reading(path: Path) -> Iterator[tarfile.TarFile]:
    """The archive as a stream. tarfile itself takes a gzip that breaks off for the end.

    :class:`DataError`, naming the archive, when it is cut short, damaged or cannot be read. A disk
    that is full where it is extracted to is no fault of the archive, and stays an ``OSError``.
    """
    try:
        with gzip.open(path) as stream:
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                yield archive
            while stream.read(_CHUNK):
                pass  # up to the checksum
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise
        raise DataError(
            f"{path} is cut short or damaged: {error}", hint="download that archive again"
        ) from error
