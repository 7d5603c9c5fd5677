"""How long the pictures of a file last, by its packets: headers lie, and downloads break off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from unmask.core.deadline import Deadline
from unmask.video.clock import JITTER_S, Clock
from unmask.video.container import INDEXED, can_jump, opened, picture_stream
from unmask.video.counts import DamageCount
from unmask.video.joined import starts_anew
from unmask.video.packets import is_flush, read_packets

_FAR_S = Fraction(10**6)
# Where no index leads to a key frame, the last packets in the file need not be shown last.
_TAIL_S = Fraction(3)
_STATED = re.compile(r"(\d{1,6}):(\d\d):(\d\d(?:\.\d{1,12})?)")


def measure_duration(
    container: InputContainer, stream: VideoStream, path: Path, deadline: Deadline
) -> Fraction:
    """Seconds from the stream's start to the end of its last frame; nothing is decoded.

    Reads from the last key frame on, or the whole file anew where that finds nothing (an index
    that is missing, or that speaks of bytes which never arrived) or not all, for times start anew
    midway. Without timestamps, packets count. Leaves ``container`` anywhere.
    """
    doing = f"measuring {path.name}"
    clock = Clock(stream, container.format.name)
    stated = stated_duration(container, stream)

    def end_from(begin: Fraction) -> Fraction:
        try:
            container.seek(clock.stamp(begin), stream=stream)
        except av.error.FFmpegError:
            return Fraction(0)
        packets = read_packets(container, stream, DamageCount(), deadline, doing)
        return _last_end(packets, clock, stated)[0]

    if can_jump(container, stream):
        end = end_from(_FAR_S)
        if container.format.name in INDEXED:
            # An edit list may hide the last key frame, as in a clip cut on a phone.
            end = end or end_from(stated or _FAR_S)
            if end:
                return end
        elif end and not starts_anew(container, stream, path, deadline):
            return max(end, end_from(max(end - _TAIL_S, Fraction(0))))
    with opened(path, deadline) as anew:
        stream = picture_stream(anew, path)
        clock = Clock(stream, anew.format.name)
        packets = read_packets(anew, stream, DamageCount(), deadline, doing)
        end, count = _last_end(packets, clock, stated)
        return end or count * clock.step


def stated_duration(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """Seconds that the header of an indexed file says the pictures last; None where it does not.

    What FFmpeg says of other files is its own measurement.
    """
    if container.format.name not in INDEXED:
        return None
    if stream.duration is not None and stream.time_base is not None:
        return stream.duration * stream.time_base
    clock = _STATED.fullmatch(stream.metadata.get("DURATION", ""))  # Matroska
    if clock:
        hours, minutes, seconds = clock.groups()
        ends = int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
        return ends - (stream.start_time or 0) * (stream.time_base or Fraction(1))
    return None


def _last_end(
    packets: Iterator[Packet[VideoStream]], clock: Clock, stated: Fraction | None
) -> tuple[Fraction, int]:
    """The latest end of a packet that is shown, 0 if none has a time, and how many there are.

    Where times step back for good, what follows is added, as :meth:`Clock.time` does. A packet
    lasts until the next one is *decoded*, so where the rate varies and the order of decoding is
    another than that of showing, one may seem to last far beyond the end ``stated``.
    """
    end, shown, count, begun, before = Fraction(0), Fraction(0), 0, Fraction(0), None
    for packet in packets:
        if is_flush(packet) or packet.is_discard:
            continue
        count += 1
        stamp = clock.shown(packet)
        if stamp is None:
            continue
        if packet.dts is not None:
            back = Fraction(0) if before is None else (before - packet.dts) * clock.unit
            if clock.starts_anew and back > JITTER_S:
                begun = end - clock.seconds(stamp)
            before = packet.dts
        lasts = packet.duration * clock.unit if packet.duration else clock.step
        at = begun + clock.seconds(stamp)
        shown, end = max(shown, at), max(end, at + lasts)
    return (end if stated is None else min(end, max(shown + clock.step, stated))), count
