"""Films whose times start anew midway: discs and broadcasts store them so, files joined, too."""

from __future__ import annotations

from itertools import pairwise

import av
from av.container import InputContainer
from av.video.stream import VideoStream

_FORMATS = frozenset({"mpegts", "mpeg"})
_PLACES = 32
_BACK_S = 1  # more than rounding


def starts_anew(container: InputContainer, stream: VideoStream) -> bool:
    """Whether times step back anywhere between some places of the file; it stands at its start.

    Such a film's last time says nothing of its length, and the same time is found at two places.
    """
    if container.format.name not in _FORMATS or stream.time_base is None:
        return False
    found = _times(container, stream)
    container.seek(0, unsupported_byte_offset=True)
    return any((after - before) * stream.time_base < -_BACK_S for before, after in pairwise(found))


def _times(container: InputContainer, stream: VideoStream) -> list[int]:
    found = []
    for place in range(_PLACES):
        try:
            container.seek(container.size * place // _PLACES, unsupported_byte_offset=True)
            time = next((p.dts for p in container.demux(stream) if p.dts is not None), None)
        except av.error.FFmpegError:
            continue
        if time is not None:
            found.append(time)
    return found
