"""Folders of frames as the films they were, so that the pipeline can look at them."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from unmask.core.errors import Damaged, DataError, InputEmpty
from unmask.datasets.opening import frame_files
from unmask.datasets.sample import Sample

RATE = 25
"""Frames a second of a folder that does not say: the attribute ``fps`` of a sample does."""


@contextmanager
def as_film(place: Path, sample: Sample) -> Iterator[Path]:
    """The file itself, or for a folder of frames a lossless temporary film of them.

    Frames of another size than the first are scaled to it. :class:`InputEmpty` for a folder
    without frames, :class:`Damaged` for a frame that cannot be read, :class:`DataError` for a
    frame rate that is none.
    """
    if sample.kind != "frames-folder":
        yield place
        return
    frames = frame_files(place, sample)
    if not frames:
        raise InputEmpty(f"{place}: the folder holds no frames", hint="extract the set again")
    with tempfile.TemporaryDirectory(prefix="unmask-") as folder:
        film = Path(folder) / f"{place.name}.mkv"
        _write(film, frames, _rate(sample))
        yield film


def _rate(sample: Sample) -> Fraction:
    said = sample.attributes.get("fps") or RATE
    try:
        rate = Fraction(said)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate <= 0:
        raise DataError(
            f"{sample.path}: its fps is {said!r}, not a number above 0",
            hint="correct it in the data set's list, or leave it empty, and index the set again",
        )
    return rate


def _write(film: Path, frames: list[Path], rate: Fraction) -> None:
    with av.open(str(film), "w") as out:
        stream = out.add_stream("ffv1", rate=rate)
        stream.pix_fmt = "bgr0"
        size: tuple[int, int] | None = None
        for number, path in enumerate(frames):
            picture = _read(path, size)
            if size is None:
                size = picture.shape[1], picture.shape[0]
                stream.width, stream.height = size
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, 1 / rate
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


def _read(
    path: Path, size: tuple[int, int] | None
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    try:
        with Image.open(path) as image:
            picture = image.convert("RGB")
    except (OSError, SyntaxError, ValueError, struct.error) as error:  # as Pillow's decoders do
        raise Damaged(f"{path}: the frame cannot be read", hint="extract the set again") from error
    if size is not None and picture.size != size:
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    return np.asarray(picture, dtype=np.uint8)
