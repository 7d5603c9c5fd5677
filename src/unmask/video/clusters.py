"""Whether the clusters of a Matroska file (WebM, too) follow each other in time, by their heads.

Players read them in the order of the file, and show nothing whose time has passed. Whoever jumps
by the index lands in whichever of two clusters of one time was written later, or wherever the
index says: a film could be shown to everybody and looked at by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO
from os import SEEK_END
from pathlib import Path

from unmask.core.deadline import Deadline

# Elements of EBML (RFC 8794) and Matroska (RFC 9559), with their marker bits.
_ENTERED = (b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75")  # Segment, Cluster
_TIMESTAMP, _SIMPLE_BLOCK = b"\xe7", 0xA3
_LONGEST_NAME, _LONGEST_NUMBER = 4, 8
_LONGEST_HEAD = _LONGEST_NAME + 2 * _LONGEST_NUMBER  # with the time that a cluster states
# How many bytes a number has, by its first one (0: none begins so), and the largest of so many.
_BYTES = bytes([0, *(9 - first.bit_length() for first in range(1, 256))])
_MOST = [(1 << 7 * many) - 1 for many in range(_LONGEST_NUMBER + 1)]  # as a length: unknown
_SHORT, _SHORT_MOST = range(0x40, 0x7F), 0x3F  # first bytes of the commonest lengths, two bytes
# Read at once: a little where packets are far from each other, much where many lie together.
_LEAST_READ, _MOST_READ = 2**11, 2**16
_READS = 64  # between two looks at the clock


def in_order(path: Path, deadline: Deadline) -> bool:
    """Whether each cluster begins later than the one before, and all of the file can be read.

    Every block is stepped over by its length: a cluster may state its time twice.
    """
    before = -1
    with path.open("rb", buffering=0) as stream:
        for time in _cluster_times(stream, deadline, f"reading {path.name}"):
            if time <= before:
                return False
            before = time
        return not stream.read(1)


def _cluster_times(stream: FileIO, deadline: Deadline, doing: str) -> Iterator[int]:
    """When clusters begin, in the file's own unit, up to the end or to what is no element.

    A second file behind the first begins anew. Leaves ``stream`` where it ended. Two hours of film
    are half a million elements: hence a loop that calls next to nothing.
    """
    size = stream.seek(0, SEEK_END)
    data, place, at = b"", 0, 0  # the next element begins at data[at]; data was read at place
    piece, reads = _LEAST_READ, 0
    while True:
        if at + _LONGEST_HEAD > len(data):
            if reads % _READS == 0:
                deadline.check(doing)
            reads += 1
            near = 2 * (at - len(data)) < piece
            piece = min(2 * piece, _MOST_READ) if near else _LEAST_READ
            place, at = min(place + at, size), 0  # lengths may lead far beyond the end
            stream.seek(place)
            data = stream.read(piece)
        try:
            if data[at] == _SIMPLE_BLOCK and data[at + 1] in _SHORT:
                at += 3 + ((data[at + 1] & _SHORT_MOST) << 8 | data[at + 2])
                continue
            named = at + _BYTES[data[at]]
            begins = named + _BYTES[data[named]]
        except IndexError:
            break
        if not at < named <= at + _LONGEST_NAME or not named < begins <= len(data):
            break
        name, most = data[at:named], _MOST[begins - named]
        length = int.from_bytes(data[named:begins], "big") & most
        if name == _TIMESTAMP and length <= _LONGEST_NUMBER:
            stated = data[begins : begins + length]
            if len(stated) == length:
                yield int.from_bytes(stated, "big")
        elif name in _ENTERED or length == most:
            length = 0
        at = begins + length
    stream.seek(place + at)
