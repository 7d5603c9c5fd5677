"""What an HEVC stream's headers say of how coarsely its pictures are coded.

FFmpeg's decoder does not tell. A slice's header says it (``SliceQpY``), and what stands before it
is read here as H.265 has it (7.3.2, 7.3.6), whose names are used. What blocks are coded with
besides (``cu_qp_delta_abs``) is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from unmask.video.bits import Bits, Unread

_SEQUENCE, _PICTURE = 33, 34  # kinds of parts: parameter sets
_SLICES, _IDR, _WITHOUT_PRIOR = 32, (19, 20), range(16, 24)
_B, _P, _I = 0, 1, 2
_START = b"\0\0\1"
_LONGEST_SET, _LOOKED_AT_BYTES = 4096, 1024  # of parameter sets, and of a slice
_SETS, _PICTURES, _PARTS = 64, 16, 64  # no more of them than that

Shifts = tuple[tuple[int, bool], ...]
"""Of a reference picture set: how far away each is, nearest first, and whether it is used now."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """Of a sequence parameter set, what slices are read by. Lengths are in bits."""

    planes: int  # ChromaArrayType
    separate: bool  # separate_colour_plane_flag
    order: int  # length of slice_pic_order_cnt_lsb
    offsets: bool  # sample_adaptive_offset_enabled_flag
    sets: tuple[Shifts, ...]
    long_term: tuple[bool, ...] | None  # used_by_curr_pic_lt_sps_flag, None where there are none
    temporal: bool  # sps_temporal_mvp_enabled_flag


@dataclass(frozen=True, slots=True)
class Picture:
    """Of a picture parameter set, what slices are read by."""

    sequence: int
    outputs: bool  # output_flag_present_flag
    further: int  # num_extra_slice_header_bits
    cabac: bool  # cabac_init_present_flag
    references: tuple[int, int]  # num_ref_idx_default_active
    quantiser: int  # 26 + init_qp_minus26
    weighted: tuple[bool, bool]  # of B and of P slices
    modified: bool  # lists_modification_present_flag


class HevcHeaders:
    """Reads packet by packet, each of one picture. ``extradata`` is ``hvcC`` or parts."""

    def __init__(self, extradata: bytes) -> None:
        self._sequences: dict[int, Sequence] = {}
        self._pictures: dict[int, Picture] = {}
        self._length: int | None = None  # bytes that say a part's size, None between start codes
        parts = _between(extradata)
        if len(extradata) > 22 and extradata[0] == 1:
            self._length = (extradata[21] & 3) + 1
            parts = _kept(extradata)
        try:
            for part in islice(parts, _PARTS):
                self._read(part)
        except (Unread, IndexError):
            self._sequences.clear()

    def quantiser(self, packet: bytes) -> int | None:
        """``SliceQpY`` of the picture's first slice, 0…51, whatever the depth."""
        parts = _between(packet) if self._length is None else _sized(packet, self._length)
        try:
            said = map(self._read, islice(parts, _PARTS))
            return next((one for one in said if one is not None), None)
        except (Unread, IndexError, KeyError):
            return None

    def _read(self, part: bytes) -> int | None:
        if len(part) < 3 or (part[0] & 1) or part[1] >> 3:
            return None  # of another layer: of another view or size
        kind = part[0] >> 1 & 0x3F
        if kind in (_SEQUENCE, _PICTURE):
            bits = Bits(_plain(part[2:_LONGEST_SET]))
            if kind == _SEQUENCE:
                self._sequences.update([_sequence(bits)])
            else:
                self._pictures.update([_picture(bits)])
        elif kind < _SLICES:
            return self._slice(kind, Bits(_plain(part[2 : 2 + _LOOKED_AT_BYTES])))
        return None

    def _slice(self, kind: int, bits: Bits) -> int:
        if not bits.flag():
            raise Unread  # its picture's first slice is missing
        if kind in _WITHOUT_PRIOR:
            bits.take(1)
        picture = self._pictures[bits.golomb()]
        return _slice(kind, bits, self._sequences[picture.sequence], picture)


def _kept(head: bytes) -> Iterator[bytes]:
    """The parts in ``hvcC`` (ISO 14496-15, 8.3.3.1)."""
    at = 23
    for _ in range(head[22]):
        count, at = int.from_bytes(head[at + 1 : at + 3]), at + 3
        for _ in range(count):
            size, at = int.from_bytes(head[at : at + 2]), at + 2
            yield head[at : at + size]
            at += size


def _sized(data: bytes, length: int) -> Iterator[bytes]:
    at = 0
    while at + length < len(data):
        size, at = int.from_bytes(data[at : at + length]), at + length
        yield data[at : at + size]
        at += size


def _between(data: bytes) -> Iterator[bytes]:
    at = data.find(_START)
    while at >= 0:
        end = data.find(_START, at + 3)
        yield data[at + 3 : end if end >= 0 else None]
        at = end


def _plain(part: bytes) -> bytes:
    """Without what keeps start codes out of it (``emulation_prevention_three_byte``)."""
    return part.replace(b"\0\0\3", b"\0\0")


def _sequence(bits: Bits) -> tuple[int, Sequence]:
    bits.take(4)
    layers = bits.take(3)
    bits.take(1)
    _levels(bits, layers)
    name, chroma = bits.golomb(), bits.golomb()
    separate = chroma == 3 and bits.flag()
    _skip(bits, 2)  # sides
    if bits.flag():
        _skip(bits, 4)
    _skip(bits, 2)  # depths
    order = bits.golomb() + 4
    _skip(bits, 3 * (layers + 1 if bits.flag() else 1))
    _skip(bits, 6)  # sizes of blocks
    if bits.flag() and bits.flag():
        _scaling(bits)
    bits.take(1)  # amp_enabled_flag
    offsets = bits.flag()
    if bits.flag():
        bits.take(8)
        _skip(bits, 2)
        bits.take(1)
    sets: list[Shifts] = []
    for _ in bits.times(count := bits.golomb(), _SETS):
        sets.append(_set(bits, sets, count))
    long_term = None
    if bits.flag():
        times = bits.times(bits.golomb(), 2 * _PICTURES)
        long_term = tuple(bool(bits.take(order + 1) & 1) for _ in times)
    temporal = bits.flag()
    planes = 0 if separate else chroma
    return name, Sequence(planes, separate, order, offsets, tuple(sets), long_term, temporal)


def _picture(bits: Bits) -> tuple[int, Picture]:
    name, sequence = bits.golomb(), bits.golomb()
    bits.take(1)  # dependent_slice_segments_enabled_flag: a first slice never is
    outputs, further = bits.flag(), bits.take(3)
    bits.take(1)  # sign_data_hiding_enabled_flag
    cabac = bits.flag()
    references = bits.golomb() + 1, bits.golomb() + 1
    quantiser = 26 + bits.signed()
    bits.take(2)  # constrained_intra_pred_flag, transform_skip_enabled_flag
    if bits.flag():
        bits.golomb()
    _skip(bits, 2)  # chroma's quantisers
    bits.take(1)
    weighted_p, weighted_b = bits.flag(), bits.flag()
    bits.take(1)  # transquant_bypass_enabled_flag
    tiled = bits.flag()
    bits.take(1)  # entropy_coding_sync_enabled_flag
    if tiled:
        edges = bits.golomb() + bits.golomb()
        if not bits.flag():
            _skip(bits, edges)
        bits.take(1)
    bits.take(1)  # pps_loop_filter_across_slices_enabled_flag
    if bits.flag():  # deblocking_filter_control_present_flag
        bits.take(1)
        if not bits.flag():
            _skip(bits, 2)
    if bits.flag():
        _scaling(bits)
    weighted = weighted_b, weighted_p
    modified = bits.flag()
    return name, Picture(
        sequence, outputs, further, cabac, references, quantiser, weighted, modified
    )


def _levels(bits: Bits, layers: int) -> None:
    """``profile_tier_level``."""
    bits.take(96)
    stated = [(bits.flag(), bits.flag()) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for profile, level in stated:
        bits.take(88 * profile + 8 * level)


def _scaling(bits: Bits) -> None:
    """``scaling_list_data``."""
    for size in range(4):
        for _ in range(0, 6, 3 if size == 3 else 1):
            if bits.flag():
                _skip(bits, (size > 1) + min(64, 16 << 2 * size))
            else:
                bits.golomb()


def _skip(bits: Bits, count: int) -> None:
    for _ in bits.times(count, 2048):
        bits.golomb()


def _set(bits: Bits, sets: list[Shifts] | tuple[Shifts, ...], count: int) -> Shifts:
    """``st_ref_pic_set`` after ``sets``, of ``count`` in the sequence."""
    if not (sets and bits.flag()):
        ways = bits.golomb(), bits.golomb()
        return (*_run(bits, ways[0], -1), *_run(bits, ways[1], 1))
    back = bits.golomb() + 1 if len(sets) == count else 1
    if back > len(sets):
        raise Unread
    sign = -1 if bits.flag() else 1
    by = sign * (bits.golomb() + 1)
    found = []
    for shift, _ in (*sets[-back], (0, True)):
        used = bits.flag()
        if (used or bits.flag()) and shift + by:
            found.append((shift + by, used))
    before, after = (sorted(one for one in found if one[0] * way > 0) for way in (-1, 1))
    return (*reversed(before), *after)


def _run(bits: Bits, count: int, way: int) -> Iterator[tuple[int, bool]]:
    at = 0
    for _ in bits.times(count, _PICTURES):
        at += way * (bits.golomb() + 1)
        yield at, bits.flag()


def _slice(kind: int, bits: Bits, sequence: Sequence, picture: Picture) -> int:
    """``slice_segment_header`` of a picture's first, after the number of its parameter set."""
    bits.take(picture.further)
    form = bits.golomb()
    if form > _I:
        raise Unread
    bits.take(picture.outputs + 2 * sequence.separate)
    used, temporal = (0, False) if kind in _IDR else _references(bits, sequence)
    if sequence.offsets:
        bits.take(1 + bool(sequence.planes))
    if form != _I:
        _predicted(bits, form, sequence.planes, picture, used, temporal=temporal)
    return picture.quantiser + bits.signed()


def _references(bits: Bits, sequence: Sequence) -> tuple[int, bool]:
    """How many pictures it may lean on, and ``slice_temporal_mvp_enabled_flag``."""
    bits.take(sequence.order)
    sets = sequence.sets
    if bits.flag():
        if not sets:
            raise Unread
        near = sets[min(bits.take((len(sets) - 1).bit_length()), len(sets) - 1)]
    else:
        near = _set(bits, sets, len(sets))
    used = sum(now for _, now in near)
    if sequence.long_term is not None:
        used += _long_term(bits, sequence.order, sequence.long_term)
    return used, sequence.temporal and bits.flag()


def _long_term(bits: Bits, order: int, known: tuple[bool, ...]) -> int:
    named = bits.golomb() if known else 0
    used = 0
    for index in bits.times(named + bits.golomb(), 2 * _PICTURES):
        if index < named:
            used += known[min(bits.take((len(known) - 1).bit_length()), len(known) - 1)]
        else:
            used += bits.take(order + 1) & 1
        if bits.flag():
            bits.golomb()
    return used


def _predicted(
    bits: Bits, form: int, planes: int, picture: Picture, used: int, *, temporal: bool
) -> None:
    """What only slices say that are predicted from other pictures."""
    counts = picture.references
    if bits.flag():
        counts = bits.golomb() + 1, bits.golomb() + 1 if form == _B else 1
    lists = counts if form == _B else counts[:1]
    if picture.modified and used > 1:
        for count in lists:
            if bits.flag():
                bits.take((used - 1).bit_length() * len(bits.times(count, _PICTURES)))
    if form == _B:
        bits.take(1)  # mvd_l1_zero_flag
    if picture.cabac:
        bits.take(1)
    if temporal:
        first = form == _P or bits.flag()
        if counts[0 if first else 1] > 1:
            bits.golomb()
    if picture.weighted[form]:
        _weights(bits, lists, planes)
    bits.golomb()  # five_minus_max_num_merge_cand


def _weights(bits: Bits, lists: tuple[int, ...], planes: int) -> None:
    """``pred_weight_table``."""
    _skip(bits, 2 if planes else 1)
    for count in lists:
        times = bits.times(count, _PICTURES)
        luma = [bits.flag() for _ in times]
        chroma = [bool(planes) and bits.flag() for _ in times]
        for bright, coloured in zip(luma, chroma, strict=True):
            _skip(bits, 2 * bright + 4 * coloured)
