"""How long each frame of an animation is shown, and how coarsely it was coded, by its file.

WebP and GIF are walked through block by block, PNG chunk by chunk, an AVIF packet by packet:
nothing is decoded.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from os import SEEK_CUR
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

from unmask.core.deadline import Deadline
from unmask.video.container import opened, picture_stream
from unmask.video.gif import parts
from unmask.video.headers import reader_of
from unmask.video.quantiser import of_vp8
from unmask.video.vp8 import LOOKED_AT_BYTES, Vp8Headers

# Browsers show frames of up to 10 ms for 100 ms, since old encoders wrote 0 for "do not care".
_SHORTEST_MS, _INSTEAD_MS = 10, 100
T = TypeVar("T")
_CHUNK = struct.Struct("<4sI")  # of a WebP
_RIFF, _CHUNKS = 12, 64  # bytes that a WebP begins with, and chunks that are looked at
_FRAME = 16  # bytes of a frame's place, size and time before its own chunks
_PNG, _PNG_CHUNK, _CHECKSUM = b"\x89PNG\r\n\x1a\n", struct.Struct(">I4s"), 4
_CONTROL = struct.Struct(">20xHH2x")  # of a PNG's frame: its delay as a fraction


class Shown(NamedTuple):
    """Seconds that a frame is shown; H.264's mean quantiser of the same error, None unless said."""

    seconds: Fraction
    quantiser: float | None = None


def frames_shown(path: Path, deadline: Deadline) -> list[Shown]:
    """Of each frame of a WebP, GIF, PNG or AVIF, in order."""
    with path.open("rb") as stream:
        head = stream.read(len(_PNG))
    walk = {b"RIFF": _of_webp, b"GIF8": _of_gif, _PNG[:4]: _of_png}.get(head[:4])
    if walk is not None:
        return list(_checked(path, walk, deadline))
    return list(_of_avif(path, deadline))


def lossy_quantiser(path: Path) -> float | None:
    """Of a still WebP, or of the single frame of an animated one; None where it is lossless."""
    with path.open("rb") as stream:
        stream.seek(_RIFF)
        return _lossy(stream, None)


def _checked(
    path: Path, shown: Callable[[BinaryIO], Iterator[T]], deadline: Deadline
) -> Iterator[T]:
    """What a walk through the file finds. There may be a frame for every dozen bytes of it."""
    with path.open("rb") as stream:
        for one in shown(stream):
            deadline.check(f"reading {path.name}")
            yield one


@lru_cache
def _seconds(milliseconds: int | Fraction) -> Fraction:
    return Fraction(milliseconds if milliseconds > _SHORTEST_MS else _INSTEAD_MS, 1000)


def _of_webp(stream: BinaryIO) -> Iterator[Shown]:
    """RFC 9649. A frame without loss changes a part of what was coded before, as coarsely."""
    stream.seek(_RIFF)
    quantiser: float | None = None
    while len(header := stream.read(_CHUNK.size)) == _CHUNK.size:
        name, length = _CHUNK.unpack(header)
        after = stream.tell() + length + length % 2
        if name == b"ANMF" and len(body := stream.read(_FRAME)) == _FRAME:
            own = _lossy(stream, after)
            quantiser = quantiser if own is None else own
            yield Shown(_seconds(int.from_bytes(body[12:15], "little")), quantiser)
        stream.seek(after)


def _lossy(stream: BinaryIO, stop: int | None) -> float | None:
    """By the first lossy frame among the chunks from here on, or of the animation's first frame."""
    for _ in range(_CHUNKS):
        header = stream.read(_CHUNK.size)
        if len(header) < _CHUNK.size or (stop is not None and stream.tell() > stop):
            break
        name, length = _CHUNK.unpack(header)
        if name == b"VP8 ":
            frame = stream.read(min(length, LOOKED_AT_BYTES))
            return of_vp8(Vp8Headers().places(frame), still=True)
        if name == b"VP8L":
            break
        stream.seek(_FRAME if name == b"ANMF" else length + length % 2, SEEK_CUR)
    return None


def _of_gif(stream: BinaryIO) -> Iterator[Shown]:
    for part in parts(stream):
        yield Shown(_seconds(part.milliseconds or 0))


def _of_png(stream: BinaryIO) -> Iterator[Shown]:
    """A fraction of a second each, of hundredths where it names no unit (PNG 3, 11.3.6)."""
    stream.seek(len(_PNG))
    while len(header := stream.read(_PNG_CHUNK.size)) == _PNG_CHUNK.size:
        length, name = _PNG_CHUNK.unpack(header)
        if name == b"fcTL":
            body = stream.read(length) if length == _CONTROL.size else b""
            if len(body) < _CONTROL.size:
                return
            part, unit = _CONTROL.unpack(body)
            yield Shown(_seconds(Fraction(1000 * part, unit or 100)))
            length = 0
        stream.seek(length + _CHECKSUM, SEEK_CUR)


def _of_avif(path: Path, deadline: Deadline) -> Iterator[Shown]:
    with opened(path, deadline) as container:
        stream = picture_stream(container, path)
        unit, read = stream.time_base or Fraction(1, 1000), reader_of(stream.codec_context)
        for packet in container.demux(stream):
            deadline.check(f"reading {path.name}")
            if packet.size:
                told = read(bytes(packet)) if read else None
                yield Shown(_seconds(1000 * (packet.duration or 0) * unit), told)
