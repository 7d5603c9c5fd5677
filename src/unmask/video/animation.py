"""Animations that FFmpeg does not read: WebP, and GIF whose frames have no delays."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from os import SEEK_CUR
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from unmask.core.deadline import Deadline
from unmask.core.errors import Damaged
from unmask.video.counts import DamageCount
from unmask.video.pictures import to_array
from unmask.video.pillow import is_gif, quiet, recognised

# Browsers show frames of up to 10 ms for 100 ms, since old encoders wrote 0 for "do not care".
_SHORTEST_MS, _INSTEAD_MS = 10, 100
T = TypeVar("T")
_HEADER = struct.Struct("<4sI")


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """A frame as shown, and when."""

    time: Fraction
    pixels: NDArray[np.uint8]
    quantiser: None = None

    def image(self, size: tuple[int, int]) -> NDArray[np.uint8]:
        """H×W×3 uint8 of the canvas's ``size``: what a frame has beyond it is not shown."""
        width, height = size
        return np.ascontiguousarray(self.pixels[:height, :width])


def frame_durations(path: Path, deadline: Deadline) -> list[Fraction]:
    """Seconds each frame of a WebP or GIF is shown, from the headers of its blocks alone."""
    shown = _gif_delays if is_gif(path) else _anmf_durations
    return [_seconds(milliseconds or 0) for milliseconds in _checked(path, shown, deadline)]


def runs_together(path: Path, deadline: Deadline) -> bool:
    """Whether a GIF has frames without a delay of their own.

    FFmpeg begins a frame where a delay is stated, and takes what follows without for a part of it;
    libraries leave them out unless told how long to show a frame, and browsers show them all.
    """
    if not is_gif(path):
        return False
    delays = list(_checked(path, _gif_delays, deadline))
    return len(delays) > 1 and None in delays


def _checked(
    path: Path, shown: Callable[[BinaryIO], Iterator[T]], deadline: Deadline
) -> Iterator[T]:
    """What a walk through the file finds. There may be a frame for every dozen bytes of it."""
    with path.open("rb") as stream:
        for one in shown(stream):
            deadline.check(f"reading {path.name}")
            yield one


@lru_cache
def _seconds(milliseconds: int) -> Fraction:
    return Fraction(milliseconds if milliseconds > _SHORTEST_MS else _INSTEAD_MS, 1000)


def _anmf_durations(stream: BinaryIO) -> Iterator[int]:
    """Milliseconds (RFC 9649)."""
    stream.seek(12)  # RIFF, length, WEBP
    while len(header := stream.read(_HEADER.size)) == _HEADER.size:
        name, length = _HEADER.unpack(header)
        after = stream.tell() + length + length % 2
        if name == b"ANMF" and len(body := stream.read(16)) == 16:
            yield int.from_bytes(body[12:15], "little")
        stream.seek(after)


def _gif_delays(stream: BinaryIO) -> Iterator[int | None]:
    """Milliseconds, None for a frame without (GIF89a, sections 20 and 23)."""
    stream.seek(6)
    _skip_colours(stream, stream.read(7), at=4)
    delay: int | None = None
    while mark := stream.read(1):
        if mark == b"!":  # an extension, of which a graphic control is one
            control = stream.read(1) == b"\xf9"
            body = _sub_blocks(stream)
            if control and len(body) >= 3:
                delay = 10 * int.from_bytes(body[1:3], "little")
        elif mark == b",":
            _skip_colours(stream, stream.read(9), at=8)
            stream.read(1)  # how wide the codes are
            if not _sub_blocks(stream):
                return
            yield delay
            delay = None
        else:
            return


def _skip_colours(stream: BinaryIO, header: bytes, *, at: int) -> None:
    """The table of colours after a screen's or an image's ``header``, if that announces one."""
    if len(header) > at and header[at] & 0x80:
        stream.seek(3 << ((header[at] & 7) + 1), SEEK_CUR)


def _sub_blocks(stream: BinaryIO) -> bytes:
    """The first of them; past the last."""
    first = b""
    while length := stream.read(1).strip(b"\0"):
        body = stream.read(length[0])
        first = first or body
    return first


class AnimationReader:
    """Frames in order, each composed on the one before: there is nothing to jump to."""

    def __init__(self, path: Path, deadline: Deadline, damage: DamageCount) -> None:
        self._path, self._deadline, self._damage = path, deadline, damage
        self._durations = frame_durations(path, deadline)
        self._index, self._time = 0, Fraction(0)
        self._stack = ExitStack()
        image = self._stack.enter_context(recognised(path))
        if image is None:
            raise Damaged(f"{path}: is no longer the animation it was")
        self._image = image

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def enter(self, start: Fraction, latest: Fraction) -> None:
        """Nothing to do: frames before ``start`` are still to come."""

    def next(self) -> Composed | None:
        """The next frame, None at the end or where the rest is broken."""
        if self._index >= len(self._durations):
            return None
        self._deadline.check(f"decoding {self._path.name}")
        try:
            with quiet(self._path, grows=True):
                self._image.seek(self._index)
                self._image.load()
                pixels = to_array(self._image)
        except Damaged:
            self._damage.damaged += len(self._durations) - self._index
            self._index = len(self._durations)
            return None
        shown = Composed(self._time, pixels)
        self._time += self._durations[self._index]
        self._index += 1
        self._damage.decoded += 1
        return shown
