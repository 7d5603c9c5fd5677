"""Animations that FFmpeg does not read, or not as they are shown: GIF, PNG and WebP, and AVIF that
is partly transparent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.core.deadline import Deadline
from unmask.core.errors import Damaged
from unmask.core.frames import Frame
from unmask.video.counts import DamageCount
from unmask.video.delays import frames_shown
from unmask.video.gif import composed
from unmask.video.orientation import UPRIGHT
from unmask.video.pictures import exif_code, to_array
from unmask.video.pillow import quiet, recognised
from unmask.video.png_colours import differs


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """A frame as shown, and when; the rest as in :class:`unmask.core.frames.Frame`."""

    time: Fraction
    pixels: NDArray[np.uint8]
    opacity: NDArray[np.uint8] | None
    quantiser: float | None

    def shown(self, size: tuple[int, int]) -> Frame:
        """Of the canvas's ``size``: what a frame has beyond it is not shown."""
        width, height = size
        image = np.ascontiguousarray(self.pixels[:height, :width])
        opacity = None if self.opacity is None else self.opacity[:height, :width]
        return Frame(self.time, image, self.quantiser, opacity)


def plays_by_pillow(image: Image.Image) -> bool:
    """Whether :class:`AnimationReader` is to read an animation that Pillow has opened.

    Of an AVIF FFmpeg reads the colours alone.
    """
    return image.format != "AVIF" or "A" in image.mode


def _pictures(path: Path, image: Image.Image, count: int) -> Iterator[Image.Image]:
    """The animation's ``count`` frames, loaded."""
    if image.format == "GIF":
        yield from composed(path, image.size)
        return
    before = int(getattr(image, "default_image", False))  # a PNG's, which is no frame
    for index in range(before, before + count):
        image.seek(index)
        image.load()
        yield image


class AnimationReader:
    """Frames in order, each composed on the one before: there is nothing to jump to."""

    def __init__(self, path: Path, deadline: Deadline, damage: DamageCount) -> None:
        self._path, self._deadline, self._damage = path, deadline, damage
        self._shown = frames_shown(path, deadline)
        self._index, self._time = 0, Fraction(0)
        self._stack = ExitStack()
        image = self._stack.enter_context(recognised(path))
        if image is None:
            raise Damaged(f"{path}: is no longer the animation it was")
        self._pictures = _pictures(path, image, len(self._shown))
        # Programs that know no animated PNG show the picture before its frames.
        damage.shown_otherwise = differs(image) or getattr(image, "default_image", False)
        self._code = exif_code(image) if image.format == "PNG" else UPRIGHT

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
        if self._index >= len(self._shown):
            return None
        self._deadline.check(f"decoding {self._path.name}")
        try:
            with quiet(self._path, grows=True):
                picture = next(self._pictures, None)
                told = None if picture is None else to_array(picture, self._code)
        except Damaged:
            told = None
        if told is None:
            self._damage.damaged += len(self._shown) - self._index
            self._index = len(self._shown)
            return None
        pixels, opacity = told
        lasts, quantiser = self._shown[self._index]
        composed = Composed(self._time, pixels, opacity, quantiser)
        self._time += lasts
        self._index += 1
        self._damage.decoded += 1
        return composed
