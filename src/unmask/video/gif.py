"""GIFs frame by frame, put together as browsers do it.

FFmpeg and Pillow each do it in another way: they show the colour of a background that browsers
leave transparent, and what a frame leaves behind for the next (its disposal) is not always the
same. So each frame is decoded by itself, and laid over what is there already.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SCREEN = struct.Struct("<HHB2x")
_PLACE = struct.Struct("<HHHHB")
_TABLE, _TABLE_SIZE = (
    0x80,
    7,
)  # bits of a screen's or frame's flags: has colours of its own, how many
_CONTROL, _TRANSPARENT = 0xF9, 1
_CLEARED, _RESTORED = 2, (3, 4)  # disposals; 4 was written for 3 by some


class Part(NamedTuple):
    """A frame as it is stored. ``milliseconds`` is None where it has no delay of its own."""

    milliseconds: int | None
    disposal: int
    transparent: int | None
    box: tuple[int, int, int, int]  # left, top, width and height on the canvas
    flags: int
    colours: bytes
    coded: tuple[int, int]  # where its pixels begin in the file, and end

    def alone(self, stream: BinaryIO) -> Image.Image:
        """A GIF of this frame alone, not decoded yet: its pixels are numbers of colours."""
        begin, end = self.coded
        stream.seek(begin)
        size = self.box[2:]
        half = len(self.colours) // 6  # of 2, 4, … 256 colours, which are written as 0, 1, … 7
        table = _TABLE | half.bit_length() - 1 if half else 0
        screen = struct.pack("<HHBH", *size, table, 0)
        place = _PLACE.pack(0, 0, *size, self.flags & ~(_TABLE | _TABLE_SIZE))
        pixels = stream.read(end - begin)
        whole = b"".join((b"GIF89a", screen, self.colours, b",", place, pixels, b";"))
        return Image.open(BytesIO(whole), formats=("GIF",))


def parts(stream: BinaryIO) -> Iterator[Part]:
    """The frames of a file, up to its end or to where it is broken (GIF89a, sections 18 to 23).

    Leaves ``stream`` anywhere and moves it itself before each.
    """
    stream.seek(6)
    common = _colours(stream, stream.read(_SCREEN.size), at=4)
    delay, disposal, transparent = None, 0, None
    at = stream.tell()
    while stream.seek(at) == at and (mark := stream.read(1)):
        if mark == b"!":
            control = stream.read(1) == bytes([_CONTROL])
            body = _sub_blocks(stream)
            if control and len(body) >= 4:
                flags, hundredths, clear = struct.unpack("<BHB", body[:4])
                delay, disposal = 10 * hundredths, flags >> 2 & 7
                transparent = clear if flags & _TRANSPARENT else None
        elif mark == b"," and len(place := stream.read(_PLACE.size)) == _PLACE.size:
            *box, flags = _PLACE.unpack(place)
            colours = _colours(stream, place, at=8) or common
            begin = stream.tell()
            stream.read(1)  # how wide the codes are
            if not _sub_blocks(stream):
                return
            coded = begin, stream.tell()
            left, top, width, height = box
            yield Part(
                delay, disposal, transparent, (left, top, width, height), flags, colours, coded
            )
            delay, disposal, transparent = None, 0, None
            at = coded[1]
            continue
        else:
            return
        at = stream.tell()


def composed(path: Path, size: tuple[int, int]) -> Iterator[Image.Image]:
    """Each frame as it is shown, RGBA, on a canvas of that ``size``, width and height.

    Raises what Pillow raises of broken ones.
    """
    shown = np.zeros((*size[::-1], 4), np.uint8)
    with path.open("rb") as stream:
        for part in parts(stream):
            left, top, own_width, own_height = part.box
            place = slice(top, top + own_height), slice(left, left + own_width)
            below = shown[place].copy()
            with part.alone(stream) as image:
                _lay(np.asarray(image), part, shown[place])
            yield Image.fromarray(shown)
            if part.disposal == _CLEARED:
                shown[place] = 0
            elif part.disposal in _RESTORED:
                shown[place] = below


def _lay(numbers: NDArray[np.uint8], part: Part, target: NDArray[np.uint8]) -> None:
    """Draw a frame, H×W numbers of colours, onto its place, which the canvas may have cut off."""
    table = np.zeros((256, 4), np.uint8)
    listed = np.frombuffer(part.colours, np.uint8).reshape(-1, 3)
    table[: len(listed), :3], table[:, 3] = listed, 255
    if part.transparent is not None:
        table[part.transparent, 3] = 0
    own = table[numbers[: target.shape[0], : target.shape[1]]]
    np.copyto(target, own, where=own[..., 3:] > 0)


def _colours(stream: BinaryIO, header: bytes, *, at: int) -> bytes:
    """The table of colours after a screen's or a frame's ``header``, b"" if that announces none."""
    if len(header) > at and header[at] & _TABLE:
        return stream.read(3 << ((header[at] & _TABLE_SIZE) + 1))
    return b""


def _sub_blocks(stream: BinaryIO) -> bytes:
    """The first of them; past the last."""
    first = b""
    while length := stream.read(1).strip(b"\0"):
        body = stream.read(length[0])
        first = first or body
    return first
