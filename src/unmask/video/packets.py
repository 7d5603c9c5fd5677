"""Packets of one stream, past what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from unmask.core.deadline import Deadline
from unmask.video.counts import DamageCount

_MOST_ERRORS = 100


def read_packets(
    container: InputContainer,
    stream: VideoStream,
    damage: DamageCount,
    deadline: Deadline,
    doing: str,
) -> Iterator[Packet[VideoStream]]:
    """Packets in file order from where the container stands, then the one that flushes.

    A packet cut short or marked as broken is counted and left out. The demuxer may fail and go
    on; after a hundred failures in a row the rest is given up as one.
    """
    failures = 0
    while failures < _MOST_ERRORS:
        try:
            for packet in container.demux(stream):
                deadline.check(doing)
                failures = 0
                if packet.is_corrupt:
                    damage.damaged += 1
                else:
                    yield packet
        except av.error.ExitError:
            deadline.check(doing)
            return
        except av.error.FFmpegError:
            failures += 1
            damage.damaged += 1
        except IndexError:
            # PyAV's flush trips over streams that came up midway, after ours was flushed.
            return
        else:
            return


def is_flush(packet: Packet[VideoStream]) -> bool:
    """Whether this is the empty packet at the end that makes the decoder give its last frames."""
    return packet.size == 0 and packet.dts is None
