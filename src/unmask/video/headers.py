"""How coarsely frames were coded by what their stream's headers say, where no decoder says it."""

from __future__ import annotations

from collections.abc import Callable

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from unmask.video.av1 import Av1Headers
from unmask.video.hevc import HevcHeaders
from unmask.video.jpeg import luma_table_in
from unmask.video.quantiser import of_av1, of_hevc, of_jpeg, of_vp8
from unmask.video.vp8 import Vp8Headers

_KEPT = 512  # frames between their packet and themselves; a decoder holds some tens


class Told:
    """Hears packets on their way to the decoder, and knows their frames when they come out."""

    def __init__(self, context: VideoCodecContext) -> None:
        self._read = reader_of(context)
        self._by_stamp: dict[int, float] = {}

    def hear(self, packet: Packet[VideoStream]) -> None:
        """Take in what the packet says of the frame that it shows."""
        if self._read is None or packet.pts is None or not packet.size:
            return
        said = self._read(bytes(packet))
        if said is not None:
            self._by_stamp[packet.pts] = said
            if len(self._by_stamp) > _KEPT:
                del self._by_stamp[next(iter(self._by_stamp))]

    def of(self, frame: av.VideoFrame) -> float | None:
        """The frame's quantiser on H.264's scale, None where its headers say none."""
        return None if frame.pts is None else self._by_stamp.pop(frame.pts, None)


def reader_of(
    context: VideoCodecContext, *, still: bool = False
) -> Callable[[bytes], float | None] | None:
    """Reads a stream's packets in order, each to its frame's quantiser. None for other codecs."""
    extradata = bytes(context.extradata or b"")
    match context.codec.canonical_name:
        case "hevc":
            hevc = HevcHeaders(extradata)
            return lambda packet: of_hevc(hevc.quantiser(packet), still=still)
        case "av1":
            av1 = Av1Headers(extradata)
            return lambda packet: of_av1(av1.place(packet), still=still)
        case "mjpeg":
            return lambda packet: of_jpeg(luma_table_in(packet))
        case "vp8":
            vp8 = Vp8Headers()
            return lambda packet: of_vp8(vp8.places(packet))
    return None
