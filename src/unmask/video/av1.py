"""What an AV1 stream's headers say of how coarsely its frames are coded.

dav1d, which decodes them, does not tell. A frame's header says it early on (``base_q_idx``), and
what stands before it is read here as AV1's bitstream specification has it (5.5, 5.9), whose names
are used. What blocks are coded with besides (``delta_q``, segments) is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from unmask.video.bits import Bits, Unread

_SEQUENCE, _FRAME_HEADER, _FRAME = 1, 3, 6  # kinds of OBUs
_KEY, _INTRA_ONLY, _SWITCH = 0, 2, 3  # kinds of frames
_SLOTS, _ALL, _REFERENCES = 8, 255, 7
_CHOSEN_BY_FRAME = 2
_LOOKED_AT_BYTES, _UNITS = 256, 256  # of a header; a packet holds some


@dataclass(frozen=True, slots=True)
class Sequence:
    """Of a sequence's header, what its frames' headers are read by. Lengths are in bits."""

    still: bool  # reduced_still_picture_header
    evenly: bool  # equal_picture_interval, or nothing is said of a decoder model
    removal: int | None  # buffer_removal_time_length, None where there is no decoder model
    presented: int  # frame_presentation_time_length
    modelled: tuple[tuple[int, bool], ...]  # operating_point_idc, decoder_model_present
    sides: tuple[int, int]
    side_lengths: tuple[int, int]
    frame_id: int  # 0 without
    delta_frame_id: int
    big_blocks: bool  # use_128x128_superblock
    motion_vectors: bool  # enable_ref_frame_mvs
    screen: int  # seq_force_screen_content_tools
    integer: int  # seq_force_integer_mv
    order_hint: int  # 0 without
    superres: bool


class Av1Headers:
    """Reads packet by packet; each shows one frame, which may have come in an earlier one."""

    def __init__(self, extradata: bytes) -> None:
        self._sequence: Sequence | None = None
        self._slots: list[_Frame | None] = [None] * _SLOTS
        if len(extradata) > 4 and extradata[0] == 0x81:  # av1C: OBUs after four bytes
            self.place(extradata[4:])

    def place(self, packet: bytes) -> int | None:
        """Where in the table of quantisers the frame stands that the packet shows, 0…255."""
        shown = None
        try:
            for kind, layer, payload in islice(_units(packet), _UNITS):
                if kind == _SEQUENCE:
                    self._sequence = _sequence(Bits(payload))
                elif kind in (_FRAME_HEADER, _FRAME) and self._sequence is not None:
                    shown = self._frame(_Frame(self._sequence, layer, Bits(payload)), shown)
        except Unread:
            self._slots = [None] * _SLOTS
            return None
        return shown

    def _frame(self, frame: _Frame, shown: int | None) -> int | None:
        refresh, seen = frame.refresh, frame.shown
        if frame.existing is not None:
            kept = self._slots[frame.existing]
            if kept is None:
                return None
            frame, refresh, seen = kept, _ALL if kept.key else 0, True
        for slot in range(_SLOTS):
            if refresh >> slot & 1:
                self._slots[slot] = frame
        return frame.place if seen else shown


def _units(data: bytes) -> Iterator[tuple[int, tuple[int, int], bytes]]:
    """Each OBU's kind, its temporal and spatial layer, and how it begins."""
    at = 0
    while at < len(data):
        head = data[at]
        at += 1
        layer = (0, 0)
        if head & 4:
            if at >= len(data):
                raise Unread
            layer, at = (data[at] >> 5, data[at] >> 3 & 3), at + 1
        size, at = _size(data, at) if head & 2 else (len(data) - at, at)
        yield head >> 3 & 15, layer, data[at : at + min(size, _LOOKED_AT_BYTES)]
        at += size


def _size(data: bytes, at: int) -> tuple[int, int]:
    """A number in ``leb128()``, and where it ends."""
    number = 0
    for shift in range(0, 56, 7):
        if at >= len(data):
            break
        number |= (data[at] & 0x7F) << shift
        at += 1
        if not data[at - 1] & 0x80:
            return number, at
    raise Unread


def _sequence(bits: Bits) -> Sequence:
    bits.take(3 + 1)  # seq_profile, still_picture
    still = bits.flag()
    evenly, removal, presented = True, None, 0
    modelled: tuple[tuple[int, bool], ...] = ()
    if still:
        bits.take(5)
    else:
        evenly, delay, removal, presented = _timing(bits)
        modelled = _operating_points(bits, delay)
    side_lengths = bits.take(4) + 1, bits.take(4) + 1
    sides = bits.take(side_lengths[0]) + 1, bits.take(side_lengths[1]) + 1
    delta_frame_id = frame_id = 0
    if not still and bits.flag():
        delta_frame_id = bits.take(4) + 2
        frame_id = bits.take(3) + delta_frame_id + 1
    big_blocks = bits.flag()
    bits.take(2)  # filter_intra, intra_edge_filter
    screen, integer, order_hint, motion_vectors = _CHOSEN_BY_FRAME, _CHOSEN_BY_FRAME, 0, False
    if not still:
        bits.take(4)  # interintra_compound, masked_compound, warped_motion, dual_filter
        ordered = bits.flag()
        motion_vectors = ordered and bool(bits.take(2) & 1)
        screen = _CHOSEN_BY_FRAME if bits.flag() else bits.take(1)
        integer = _CHOSEN_BY_FRAME if screen == 0 or bits.flag() else bits.take(1)
        order_hint = bits.take(3) + 1 if ordered else 0
    return Sequence(
        still=still,
        evenly=evenly,
        removal=removal,
        presented=presented,
        modelled=modelled,
        sides=sides,
        side_lengths=side_lengths,
        frame_id=frame_id,
        delta_frame_id=delta_frame_id,
        big_blocks=big_blocks,
        motion_vectors=motion_vectors,
        screen=screen,
        integer=integer,
        order_hint=order_hint,
        superres=bits.flag(),
    )


def _timing(bits: Bits) -> tuple[bool, int, int | None, int]:
    """Whether evenly; lengths of buffer delays, removal times and presentation times."""
    if not bits.flag():
        return True, 0, None, 0
    bits.take(64)
    evenly = bits.flag()
    if evenly:
        bits.golomb()
    if not bits.flag():
        return True, 0, None, 0
    delay = bits.take(5) + 1
    bits.take(32)
    removal, presented = bits.take(5) + 1, bits.take(5) + 1
    return evenly, delay, removal, presented


def _operating_points(bits: Bits, delay: int) -> tuple[tuple[int, bool], ...]:
    """Each one's layers (``operating_point_idc``), and whether it has a decoder model."""
    displayed = bits.flag()  # initial_display_delay_present_flag
    points = []
    for _ in range(bits.take(5) + 1):
        layers = bits.take(12)
        if bits.take(5) > 7:  # seq_level_idx
            bits.take(1)
        modelled = bool(delay) and bits.flag()
        if modelled:
            bits.take(2 * delay + 1)
        if displayed and bits.flag():
            bits.take(4)
        points.append((layers, modelled))
    return tuple(points)


class _Frame:
    """A frame's header, up to where its quantiser stands in the table (``place``).

    ``existing`` is the slot of the frame that is shown again, where that is all it says.
    """

    def __init__(self, sequence: Sequence, layer: tuple[int, int], bits: Bits) -> None:
        self._sequence, self._layer, self._bits = sequence, layer, bits
        self.existing: int | None = None
        self.shown, self.refresh = True, _ALL
        self.place: int | None = None
        self.key = sequence.still
        kind = _KEY
        resilient = True
        if not sequence.still:
            if bits.flag():
                self.existing = bits.take(3)
                return
            kind = bits.take(2)
            self.key = kind == _KEY
            self.shown = bits.flag()
            if self.shown and sequence.removal is not None and not sequence.evenly:
                bits.take(sequence.presented)
            if not self.shown:
                bits.take(1)  # showable_frame
            resilient = kind == _SWITCH or (kind == _KEY and self.shown) or bits.flag()
        self._read(kind, resilient=resilient)

    def _read(self, kind: int, *, resilient: bool) -> None:
        """From ``disable_cdf_update`` on."""
        bits, sequence = self._bits, self._sequence
        intra = kind in (_KEY, _INTRA_ONLY)
        fixed = bits.flag()  # disable_cdf_update
        screen = sequence.screen if sequence.screen != _CHOSEN_BY_FRAME else bits.take(1)
        integer = 0
        if screen:
            integer = sequence.integer if sequence.integer != _CHOSEN_BY_FRAME else bits.take(1)
        bits.take(sequence.frame_id)
        resized = kind == _SWITCH or (not sequence.still and bits.flag())
        bits.take(sequence.order_hint)
        if not (intra or resilient):
            bits.take(3)  # primary_ref_frame
        self._removal_times()
        if not (kind == _SWITCH or (kind == _KEY and self.shown)):
            self.refresh = bits.take(_SLOTS)
        if resilient and not (intra and self.refresh == _ALL):
            bits.take(_SLOTS * sequence.order_hint)
        if intra:
            sides, scaled = self._size(resized=resized)
            if screen and not scaled:
                bits.take(1)  # allow_intrabc
        else:
            sides = self._inter(resilient=resilient, resized=resized, integer=bool(integer))
        if not (sequence.still or fixed):
            bits.take(1)  # disable_frame_end_update_cdf
        self._tiles(sides)
        self.place = bits.take(8)

    def _removal_times(self) -> None:
        length = self._sequence.removal
        if length is None or not self._bits.flag():
            return
        temporal, spatial = self._layer
        for layers, modelled in self._sequence.modelled:
            inside = layers >> temporal & 1 and layers >> (spatial + 8) & 1
            if modelled and (layers == 0 or inside):
                self._bits.take(length)

    def _size(self, *, resized: bool) -> tuple[tuple[int, int], bool]:
        """``frame_size`` and ``render_size``: the sides, and whether they are scaled."""
        bits, (width, height) = self._bits, self._sequence.sides
        if resized:
            width, height = (bits.take(length) + 1 for length in self._sequence.side_lengths)
        scaled = self._sequence.superres and bits.flag()
        if scaled:
            by = bits.take(3) + 9
            width = (8 * width + by // 2) // by
        if bits.flag():
            bits.take(32)
        return (width, height), scaled

    def _inter(self, *, resilient: bool, resized: bool, integer: bool) -> tuple[int, int]:
        bits, sequence = self._bits, self._sequence
        if resized and not resilient:
            raise Unread  # the size may be another frame's, which is not kept
        short = bool(sequence.order_hint) and bits.flag()
        if short:
            bits.take(6)
        bits.take(_REFERENCES * ((0 if short else 3) + sequence.delta_frame_id))
        sides, _ = self._size(resized=resized)
        if not integer:
            bits.take(1)  # allow_high_precision_mv
        if not bits.flag():  # is_filter_switchable
            bits.take(2)
        bits.take(1)  # is_motion_mode_switchable
        if sequence.motion_vectors and not resilient:
            bits.take(1)  # use_ref_frame_mvs
        return sides

    def _tiles(self, sides: tuple[int, int]) -> None:
        """``tile_info``. Sizes are counted in superblocks of 64 or 128 pixels."""
        bits, shift = self._bits, 7 if self._sequence.big_blocks else 6
        # Sides are rounded up to 8 pixels first, which changes nothing here.
        across, down = ((side + (1 << shift) - 1) >> shift for side in sides)
        widest, largest = 4096 >> shift, (4096 * 2304) >> 2 * shift
        fewest = max(_halvings(widest, across), _halvings(largest, across * down))
        if bits.flag():  # uniform_tile_spacing_flag
            columns = self._more(_halvings(widest, across), _halvings(1, min(across, 64)))
            rows = self._more(max(fewest - columns, 0), _halvings(1, min(down, 64)))
        else:
            found, wide = self._parts(across, widest)
            columns = _halvings(1, found)
            area = across * down >> (fewest + 1 if fewest else 0)
            rows = _halvings(1, self._parts(down, max(area // wide, 1))[0])
        if columns or rows:
            bits.take(columns + rows + 2)

    def _more(self, least: int, most: int) -> int:
        while least < most and self._bits.flag():
            least += 1
        return least

    def _parts(self, whole: int, most: int) -> tuple[int, int]:
        """How many parts it is divided into, and the largest."""
        count = largest = 0
        while whole > 0:
            part = self._bits.below(min(whole, most)) + 1
            count, largest, whole = count + 1, max(largest, part), whole - part
        return count, largest


def _halvings(block: int, target: int) -> int:
    """``tile_log2``: how often the block is doubled until it is no smaller than the target."""
    count = 0
    while block << count < target:
        count += 1
    return count
