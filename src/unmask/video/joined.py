"""Films whose times start anew midway: discs and broadcasts store them so, files joined, too.

So does the index of an MP4 whose edit list puts several pieces one after the other: each piece
begins at a key frame before it, which has a time of the piece before.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from unmask.core.deadline import Deadline
from unmask.video.clusters import in_order
from unmask.video.container import MATROSKA, MP4
from unmask.video.counts import DamageCount
from unmask.video.packets import read_packets

_FORMATS = frozenset({"mpegts", "mpeg"})
_PLACES = 32
_BACK_S = 1  # more than rounding


def starts_anew(
    container: InputContainer, stream: VideoStream, path: Path, deadline: Deadline
) -> bool:
    """Whether times step back anywhere between some places of the file; it stands at its start.

    Such a film's last time says nothing of its length, and the same time is found at two places.
    """
    if container.format.name == MATROSKA:
        return not in_order(path, deadline)
    if container.format.name == MP4:
        return _in_pieces(stream)
    if container.format.name not in _FORMATS or stream.time_base is None:
        return False
    found = _times(container, stream, deadline, f"reading {path.name}")
    container.seek(0, unsupported_byte_offset=True)
    return any((after - before) * stream.time_base < -_BACK_S for before, after in pairwise(found))


def _times(
    container: InputContainer, stream: VideoStream, deadline: Deadline, doing: str
) -> list[int]:
    found = []
    for place in range(_PLACES):
        try:
            container.seek(container.size * place // _PLACES, unsupported_byte_offset=True)
        except av.error.FFmpegError:
            continue
        packets = read_packets(container, stream, DamageCount(), deadline, doing)
        time = next((p.dts for p in packets if p.dts is not None), None)
        if time is not None:
            found.append(time)
    return found


def _in_pieces(stream: VideoStream) -> bool:
    """Going through the index takes a second for two hours; only an edit list makes it longer or
    shorter than the file has frames.
    """
    entries = stream.index_entries
    if stream.frames in (0, len(entries)):
        return False
    stamps = (entries[place].timestamp for place in range(len(entries)))
    return any(after < before for before, after in pairwise(stamps))
