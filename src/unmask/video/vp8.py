"""What a VP8 stream's headers say of how coarsely its frames are coded: films, and lossy WebP.

Nobody who decodes them tells. A frame's header is read here as RFC 6386 has it (9.2 to 9.6, 19.2),
whose names are used. It tells how coarse each of up to four segments is, and how likely a block is
in each.
"""

from __future__ import annotations

from unmask.video.bits import Unread

_TAG, _KEY_FRAME = 3, 7  # bytes that every frame begins with, and what key frames say after them
_START = b"\x9d\x01\x2a"
LOOKED_AT_BYTES = 128  # of a frame: its header takes half as many at most
_SEGMENTS, _LARGEST, _ALWAYS = 4, 127, 255


class Vp8Headers:
    """Reads packet by packet, each of one frame. Segments last until others are stated."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._absolute, self._quantisers = False, [0] * _SEGMENTS
        self._shares = _shares(_ALWAYS, _ALWAYS, _ALWAYS)

    def places(self, packet: bytes) -> list[tuple[int, float]] | None:
        """Where in the table of quantisers (0…127) each segment stands, and its share of blocks."""
        try:
            return self._read(packet)
        except Unread:
            return None

    def _read(self, packet: bytes) -> list[tuple[int, float]]:
        if len(packet) < _TAG:
            raise Unread
        key, at = not packet[0] & 1, _TAG
        if key:
            if packet[at : at + len(_START)] != _START:
                raise Unread
            at += _KEY_FRAME
        bits = _Coded(packet[at : at + LOOKED_AT_BYTES])
        if key:
            self._forget()
            bits.take(2)  # color_space, clamping_type
        segmented = bits.flag()
        if segmented:
            self._update(bits)
        bits.take(10)  # filter_type, loop_filter_level, sharpness_level
        if bits.flag() and bits.flag():  # mode_ref_lf_delta_update
            _changes(bits, 2 * _SEGMENTS, 6)
        bits.take(2)  # log2_nbr_of_dct_partitions
        base = bits.take(7)  # y_ac_qi
        if not segmented:
            return [(base, 1.0)]
        found = [one if self._absolute else base + one for one in self._quantisers]
        held = [min(max(one, 0), _LARGEST) for one in found]
        return list(zip(held, self._shares, strict=True))

    def _update(self, bits: _Coded) -> None:
        """``update_segmentation``."""
        mapped = bits.flag()
        if bits.flag():
            self._absolute = bits.flag()
            self._quantisers = _changes(bits, _SEGMENTS, 7)
            _changes(bits, _SEGMENTS, 6)  # loop_filter_update_value
        if mapped:
            self._shares = _shares(*(bits.take(8) if bits.flag() else _ALWAYS for _ in range(3)))


class _Coded:
    """Bits as the arithmetic coder holds them, each as likely 0 as 1 (RFC 6386, 7.3)."""

    def __init__(self, data: bytes) -> None:
        self._rest = iter(data)
        self._value, self._range, self._left = 0, 255, 0
        self._value = self._byte() << 8 | self._byte()

    def _byte(self) -> int:
        following = next(self._rest, None)
        if following is None:
            raise Unread
        return following

    def flag(self) -> bool:
        split = (self._range + 1) >> 1
        bit = self._value >= split << 8
        if bit:
            self._range -= split
            self._value -= split << 8
        else:
            self._range = split
        while self._range < 128:
            self._value, self._range = self._value << 1, self._range << 1
            self._left += 1
            if self._left == 8:
                self._value, self._left = self._value | self._byte(), 0
        return bit

    def take(self, count: int) -> int:
        number = 0
        for _ in range(count):
            number = number << 1 | self.flag()
        return number


def _changes(bits: _Coded, count: int, width: int) -> list[int]:
    """Each with its sign, 0 where nothing is said."""
    return [_signed(bits, width) if bits.flag() else 0 for _ in range(count)]


def _signed(bits: _Coded, width: int) -> int:
    number = bits.take(width)
    return -number if bits.flag() else number


def _shares(first: int, lower: int, upper: int) -> tuple[float, ...]:
    """Of each segment, by how likely it is, of 255, to go left at each fork of their tree."""
    left, low, high = first / _ALWAYS, lower / _ALWAYS, upper / _ALWAYS
    return left * low, left * (1 - low), (1 - left) * high, (1 - left) * (1 - high)
