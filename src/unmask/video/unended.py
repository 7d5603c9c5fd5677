"""JPEGs that break off just before their end: downloads that were interrupted, some cameras' files.

Viewers show them; Pillow refuses them. libjpeg puts grey, or the last block over and over, where
something is missing, and does not say where. So the file is decoded twice, once ended at once and
once after noise: what was there to be decoded is the same both times.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

_START, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN, _FRAMES = 0xDA, {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # kinds of segments
_COEFFICIENTS = 64
_STRIP = 8  # rows
_MOST_ROWS, _MOST_SHARE = 24, 8  # a row of blocks and what it shares with the one above; an eighth


def ended(path: Path) -> tuple[Image.Image, int] | None:
    """The loaded picture of a JPEG that lacks its end, and how many of its last rows may be wrong.

    A progressive one is sent in several passes, of which the last must have begun for all of it.
    None where more than one row of blocks is missing: what is half a face is none. What Pillow
    raises of files that are broken in other ways is raised.
    """
    data = path.read_bytes().rstrip(b"\xff")  # the end mark itself may be cut in two
    if not _all_sent(data):
        return None
    other = _strips(_loaded(data + _noise() + _END))
    picture = _loaded(data + _END)
    strips = _strips(picture)
    pairs = enumerate(zip(strips, other, strict=True))
    differs = next((at for at, (one, two) in pairs if one != two), None)
    missing = 0 if differs is None else picture.height - differs * _STRIP
    if missing > min(_MOST_ROWS, picture.height // _MOST_SHARE):
        return None
    return picture, missing


def _loaded(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data), formats=("JPEG",))
    image.load()
    return image


def _strips(image: Image.Image) -> list[int]:
    """A checksum of every eight rows: two pictures need not be held at once."""
    width, height = image.size
    tops = range(0, height, _STRIP)
    return [zlib.crc32(image.crop((0, y, width, min(y + _STRIP, height))).tobytes()) for y in tops]


def _noise() -> bytes:
    """Bytes that decode to something, and every restart mark, of which one may be waited for."""
    generator = np.random.default_rng(0)
    pieces = [generator.integers(1, 255, 64, dtype=np.uint8).tobytes() for _ in range(17)]
    marks = [b"", *(bytes((0xFF, 0xD0 + number % 8)) for number in range(16))]
    return b"".join(mark + piece for mark, piece in zip(marks, pieces, strict=True))


def _all_sent(data: bytes) -> bool:
    """Whether scans that send each coefficient of each component to its last bit have begun.

    (ITU-T T.81, B.2.3: a scan's head says which components it is of, from which coefficient to
    which, and down to which bit.)
    """
    components: set[int] = set()
    sent: defaultdict[int, set[int]] = defaultdict(set)
    for kind, body in _segments(data):
        if kind in _FRAMES and len(body) > 5:
            components |= set(body[6 : 6 + 3 * body[5] : 3])
        elif kind == _SCAN and body and len(body) >= 4 + 2 * body[0]:
            first, last, bits = body[1 + 2 * body[0] :][:3]
            if bits & 15 == 0:
                for component in body[1 : 1 + 2 * body[0] : 2]:
                    sent[component] |= {*range(first, last + 1)}
    whole = {*range(_COEFFICIENTS)}
    return bool(components) and all(sent[component] >= whole for component in components)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each, past what scans hold."""
    at = len(_START)
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        kind = data[at + 1]
        if kind == 0 or 0xD0 <= kind <= 0xD7 or kind == 0xFF:  # within a scan, or filling
            at += 1 if kind == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        yield kind, data[at + 4 : at + 2 + length]
        at += 2 + length
