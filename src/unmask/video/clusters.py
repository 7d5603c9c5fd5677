"""Whether the clusters of a Matroska file (WebM, too) follow each other in time, by their heads.

Players read them in the order of the file, and show nothing whose time has passed. Whoever jumps
by the index lands in whichever of two clusters of one time was written later, or wherever the
index says: a film could be shown to everybody and looked at by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from os import SEEK_CUR
from pathlib import Path
from typing import BinaryIO

from unmask.core.deadline import Deadline

# Elements of EBML (RFC 8794) and Matroska (RFC 9559), with their marker bits.
_SEGMENT, _CLUSTER, _TIMESTAMP = 0x18538067, 0x1F43B675, 0xE7
_LONGEST_NUMBER = 8
_LONGEST_NAME = 4


def in_order(path: Path, deadline: Deadline) -> bool:
    """Whether each cluster begins later than the one before, and all of the file can be read.

    Every block is stepped over by its length: a cluster may state its time twice.
    """
    before = -1
    with path.open("rb") as stream:
        for time in _cluster_times(stream):
            deadline.check(f"reading {path.name}")
            if time <= before:
                return False
            before = time
        return not stream.read(1)


def _cluster_times(stream: BinaryIO) -> Iterator[int]:
    """When clusters begin, in the file's own unit, up to the end or to what is no element.

    A second file behind the first begins anew.
    """
    while (found := _element(stream)) is not None:
        name, length = found
        if name == _TIMESTAMP and length is not None and length <= _LONGEST_NUMBER:
            stated = stream.read(length)
            if len(stated) < length:  # broken off
                return
            yield int.from_bytes(stated, "big")
        elif name not in (_SEGMENT, _CLUSTER) and length is not None:
            stream.seek(length, SEEK_CUR)


def _element(stream: BinaryIO) -> tuple[int, int | None] | None:
    """Name and length (None: unknown) of the element that begins here; None where there is none."""
    here = stream.tell()
    name = _number(stream, _LONGEST_NAME, keep_marker=True)
    length = None if name is None else _number(stream, _LONGEST_NUMBER, keep_marker=False)
    if name is None or length is None:
        stream.seek(here)
        return None
    value, digits = length
    return name[0], None if value == (1 << 7 * digits) - 1 else value


def _number(stream: BinaryIO, longest: int, *, keep_marker: bool) -> tuple[int, int] | None:
    """A number of variable length and its bytes, None where none begins."""
    first = stream.read(1)
    digits = 9 - first[0].bit_length() if first and first[0] else 0
    rest = stream.read(digits - 1) if 0 < digits <= longest else b""
    if not 0 < digits <= longest or len(rest) < digits - 1:
        return None
    value = int.from_bytes(first + rest, "big")
    return (value if keep_marker else value & ((1 << 7 * digits) - 1)), digits
