"""From a decoder's frame to RGB as displayed: range, matrix, pixel shape, alpha, rotation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.reformatter import Colorspace
from numpy.typing import NDArray

from unmask.core.frames import Frame
from unmask.video import orientation, tone
from unmask.video.fields import whole_or_field
from unmask.video.side_data import side_data

_UNSPECIFIED = 2
_HD_LINES = 720
_OPAQUE = 255
# By whether the range is high and whether there is alpha.
_FORMATS = {
    (False, False): "rgb24",
    (False, True): "rgba",
    (True, False): "rgb48le",
    (True, True): "rgba64le",
}
_SAME_SHAPE = 0.02  # of a side, which rounding and cropped edges explain


def display_size(frame: av.VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
    """Width and height of the displayed picture; ``aspect`` is a pixel's width over its height.

    As players do, a pixel that is not square stretches the stored width, never the height.
    Ratios beyond 1:8 are taken for nonsense in the header.
    """
    width, height = frame.width, frame.height
    if aspect is not None and Fraction(1, 8) <= aspect <= 8:
        width = max(1, round(width * aspect))
    return (height, width) if orientation.swaps_sides(orientation_of(frame)) else (width, height)


def orientation_of(frame: av.VideoFrame) -> int:
    """The EXIF code of the frame's display matrix."""
    data = side_data(frame, "DISPLAYMATRIX")
    if data is None:
        return orientation.UPRIGHT
    return orientation.from_matrix(np.frombuffer(bytes(data), dtype=np.int32).tolist())


def as_displayed(
    time: Fraction,
    frame: av.VideoFrame,
    size: tuple[int, int],
    *,
    aspect: Fraction | None = None,
    transfer: int | None = None,
    quantiser: float | None = None,
) -> Frame:
    """A decoder's frame upright, of the displayed ``size`` (width, height).

    A frame whose own size changed midway through the stream is scaled to it and keeps its shape:
    what it leaves free is black, as in players. Of an interlaced frame with combs one half picture
    is taken, scaled to the whole. ``aspect`` and ``transfer`` are the stream's;
    high dynamic range is brought to the ordinary one.
    """
    inner = _fitted(display_size(frame, aspect), size)
    image, opacity = _converted(frame, inner, transfer)
    if inner == size:
        return Frame(time, image, quantiser, opacity)
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    place = slice(top, top + inner[1]), slice(left, left + inner[0])
    whole = np.zeros((size[1], size[0], 3), np.uint8)
    whole[place] = image
    if opacity is not None:
        around = np.full(whole.shape[:2], _OPAQUE, np.uint8)
        around[place] = opacity
        opacity = around
    return Frame(time, whole, quantiser, opacity)


def _fitted(own: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the shape ``own`` within ``size``, which itself is of about that shape
    unless the stream changes.
    """
    scale = min(size[0] / own[0], size[1] / own[1])
    inner = max(1, round(own[0] * scale)), max(1, round(own[1] * scale))
    spare = max(size[0] - inner[0], size[1] - inner[1])
    return inner if spare > max(2, _SAME_SHAPE * max(size)) else size


def _converted(
    frame: av.VideoFrame, size: tuple[int, int], transfer: int | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Pixels and opacity."""
    code = orientation_of(frame)
    width, height = size[::-1] if orientation.swaps_sides(code) else size
    has_alpha = any(component.is_alpha for component in frame.format.components)
    high = transfer if transfer in (tone.PQ, tone.HLG) else None
    converted = (
        whole_or_field(frame)
        .reformat(
            width=width,
            height=height,
            format=_FORMATS[high is not None, has_alpha],
            src_colorspace=_matrix(frame),
        )
        .to_ndarray()
    )
    image: NDArray[Any] = np.asarray(converted)
    if high:
        alpha = (image[..., 3:] >> 8).astype(np.uint8)
        image = tone.to_ordinary(image[..., :3], high)
        image = np.dstack([image, alpha]) if has_alpha else image
    opacity = None
    if has_alpha:
        image, opacity = over_white(image)
    if opacity is not None:
        opacity = np.ascontiguousarray(orientation.displayed(opacity, code))
    return np.ascontiguousarray(orientation.displayed(image, code)), opacity


def over_white(rgba: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """H×W×4 uint8, alpha not premultiplied, laid over white as viewers do: H×W×3 uint8.

    And H×W of how opaque it was, None where it was everywhere.
    """
    colour, alpha = rgba[..., :3], rgba[..., 3:].astype(np.uint16)
    if alpha.min(initial=_OPAQUE) == _OPAQUE:
        return np.ascontiguousarray(colour), None
    mixed = colour * alpha + _OPAQUE * (_OPAQUE - alpha)
    return ((mixed + 127) // 255).astype(np.uint8), np.ascontiguousarray(rgba[..., 3])


def _matrix(frame: av.VideoFrame) -> Colorspace | None:
    """The YCbCr matrix where the stream names none: BT.709 from 720 lines on, else BT.601."""
    if frame.colorspace != _UNSPECIFIED:
        return None
    hd = min(frame.width, frame.height) >= _HD_LINES
    return Colorspace.ITU709 if hd else Colorspace.ITU601
