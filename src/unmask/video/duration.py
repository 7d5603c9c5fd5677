"""How long the pictures of a file last, by its packets: headers lie, and downloads break off."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av

from unmask.core.deadline import Deadline
from unmask.video.clock import Clock
from unmask.video.container import INDEXED, READ_IN_ORDER, opened, picture_stream
from unmask.video.counts import DamageCount
from unmask.video.packets import is_flush, read_packets

_FAR_S = Fraction(10**6)
# Where no index leads to a key frame, the last packets in the file need not be shown last.
_TAIL_S = Fraction(3)


def measure_duration(path: Path, deadline: Deadline) -> Fraction:
    """Seconds from the stream's start to the end of its last frame; nothing is decoded.

    Reads from the last key frame on, or the whole file where that finds nothing: an index that
    is missing, or that speaks of bytes which never arrived. Without timestamps, packets count.
    """
    with opened(path, deadline) as container:
        name = container.format.name
    end = Fraction(0) if name in READ_IN_ORDER else _last_end(path, deadline, _FAR_S)
    if end and name not in INDEXED:
        end = max(end, _last_end(path, deadline, max(end - _TAIL_S, Fraction(0))))
    return end or _last_end(path, deadline, None)


def _last_end(path: Path, deadline: Deadline, begin: Fraction | None) -> Fraction:
    """The latest end of a packet from ``begin`` on, 0 if none is found; None reads all."""
    with opened(path, deadline) as container:
        stream = picture_stream(container, path)
        clock = Clock(stream, container.format.name)
        if begin is not None:
            try:
                container.seek(clock.stamp(begin), stream=stream)
            except av.error.FFmpegError:
                return Fraction(0)
        doing = f"measuring {path.name}"
        end, counted = Fraction(0), 0
        for packet in read_packets(container, stream, DamageCount(), deadline, doing):
            stamp = clock.shown(packet)
            if not is_flush(packet):
                counted += 1
            if stamp is not None:
                shown = packet.duration * clock.unit if packet.duration else clock.step
                end = max(end, clock.seconds(stamp) + shown)
    return end or (counted * clock.step if begin is None else end)
