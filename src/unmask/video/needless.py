"""HEVC packets whose picture no other picture needs.

FFmpeg can leave such pictures out (``skip_frame``) for decoders whose streams say of each whether
any other refers to it. HEVC says it within a temporal layer only, so we look ourselves.
"""

from __future__ import annotations

from collections.abc import Callable

from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

# Parameters and messages stand before the first slice. Who puts more there is not waited for.
_LOOKED_AT_BYTES = 64 * 1024
_SLICES, _MAY_BE_NEEDLESS = 32, 16  # kinds of parts below these (H.265, table 7-1)


def needless(context: VideoCodecContext) -> Callable[[Packet[VideoStream]], bool] | None:
    """Which packets the decoder may do without, or None where the stream does not tell.

    A picture "not used for reference" may still serve higher temporal layers (H.265, 7.4.2.2), so
    only the highest one's count. How many there are, the head says that MP4 and Matroska keep
    (``hvcC``); there each part of a packet has its length before it.
    """
    head = bytes(context.extradata or b"")
    if context.codec.canonical_name != "hevc" or len(head) < 22 or head[0] != 1:
        return None
    layers, length = head[21] >> 3 & 7, (head[21] & 3) + 1
    return None if layers == 0 else lambda packet: _is_needless(packet, length, layers)


def _is_needless(packet: Packet[VideoStream], length: int, layers: int) -> bool:
    """Whether the packet's first slice is of the highest layer and of a kind that none needs."""
    data, at = memoryview(packet), 0
    stop = min(len(data), _LOOKED_AT_BYTES)
    while at + length + 1 < stop:
        kind, layer = data[at + length] >> 1 & 0x3F, data[at + length + 1] & 7
        if kind < _SLICES:
            return kind < _MAY_BE_NEEDLESS and kind % 2 == 0 and layer >= layers
        at += length + int.from_bytes(data[at : at + length], "big")
    return False
