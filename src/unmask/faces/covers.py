"""Whether a face can be seen as a camera saw it, or letters, a mosaic or a filter lie over it.

Captions and pixelated faces are no manipulation that anybody means, but a model that looks for
what does not belong to a face finds them first. Both are told from the picture itself, along its
own rows and columns, as it was drawn; filters in :mod:`unmask.faces.filters`, lines about it in
:mod:`unmask.faces.rings`.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.core.frames import Covering
from unmask.faces.filters import clipped, gaps, middle, pattern
from unmask.faces.rings import ring

_SIDE = 168  # pixels of the face, larger ones made smaller
_PIXELS = 256  # a side of the middle that is looked at as it is in the file
_STROKE = 50  # grey levels between a letter and what it is written on, in any colour
_ROWS = 7  # of neighbouring ones: letters are higher than a row, most patterns of skin are not
_MIDDLE = 0.7  # of the face's side, where a mosaic is looked for
_CORE = 0.5  # of the face's side, where nothing but the face is, whatever it is cut out along
_OPAQUE = 230  # of 255: less, and white and black beneath differ by more than a tenth
_NOTHING = 0.05  # grey levels; below it a picture has no steps
Image = NDArray[np.uint8]


def covering(image: Image, box: Sequence[float], opacity: Image | None = None) -> Covering:
    """What lies over the face in ``box`` (x0, y0, x1, y1) of a picture H×W×3.

    ``opacity`` as in :class:`unmask.core.frames.Frame`.
    """
    whole = _face(image, box)
    shown = (min(whole.shape[1], _SIDE), min(whole.shape[0], _SIDE))
    face = np.asarray(cv2.resize(whole, shown, interpolation=cv2.INTER_AREA), np.uint8)
    edge_y, edge_x = (round(side * (1 - _MIDDLE) / 2) for side in face.shape[:2])
    inner = face[edge_y : face.shape[0] - edge_y, edge_x : face.shape[1] - edge_x]
    pixels = middle(whole, _PIXELS)
    return Covering(
        strokes=strokes(face),
        steps=steps(inner),
        gaps=gaps(pixels),
        clipped=clipped(pixels),
        pattern=pattern(pixels),
        see_through=0.0 if opacity is None else see_through(_face(opacity, box)),
        ring=ring(image, box),
    )


def see_through(face: Image) -> float:
    """The share of the middle of a face, given as its opacity H×W, that what is beneath shows in.

    Holes count: a pattern of them is as good as a veil. Round about a cut-out face there are some.
    """
    edge_y, edge_x = (round(side * (1 - _CORE) / 2) for side in face.shape)
    core = face[edge_y : face.shape[0] - edge_y, edge_x : face.shape[1] - edge_x]
    return float(np.mean(core < _OPAQUE))


def strokes(face: Image) -> float:
    """How often it goes up and down along a row of the face, at the mean of the worst few rows.

    Counted are changes of direction among steps of :data:`_STROKE`. A line of letters has two for
    each of their strokes, and 18 and more in all; eyes, teeth, glasses and most hair have fewer.
    """
    patch = np.asarray(cv2.resize(face, (_SIDE, _SIDE)), np.int16).transpose(0, 2, 1)
    step = np.zeros(patch.shape, np.int16)  # rows × colours × columns
    np.subtract(patch[..., 2:], patch[..., :-2], out=step[..., 1:-1])
    steep = np.flatnonzero(np.abs(step) > _STROKE)
    line, up = steep // _SIDE, step.ravel()[steep] > 0
    turned = line[1:][(up[1:] != up[:-1]) & (line[1:] == line[:-1])]
    turns = np.bincount(turned, minlength=3 * _SIDE).reshape(_SIDE, 3)  # rows × colours
    runs = np.lib.stride_tricks.sliding_window_view(turns, _ROWS, axis=0).mean(axis=-1)
    return float(runs.max())


def steps(face: Image) -> float:
    """How evenly the face's detail lies over its columns and its rows, 0 to about 1.

    The median of what neighbouring columns differ by, against the mean; the larger of columns and
    rows. In a mosaic most neighbours are the same and a few are not: near 0, up to 0.6 where it
    was coded again. In what a camera sees it is 0.8 and more.
    """
    if min(face.shape[:2]) < 2:
        return 1.0
    patch = face.astype(np.int16)
    across = np.abs(np.diff(patch, axis=1)).mean(axis=(0, 2))
    down = np.abs(np.diff(patch, axis=0)).mean(axis=(1, 2))
    return max(float(np.median(each) / (each.mean() + _NOTHING)) for each in (across, down))


def _face(image: Image, box: Sequence[float]) -> Image:
    """The square about the face, about what models see, as far as it lies in the picture."""
    x0, y0, x1, y1 = box
    x, y, half = (x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0) / 2
    height, width = image.shape[:2]
    left, right = (int(np.clip(value, 0, width)) for value in (x - half, x + half))
    top, bottom = (int(np.clip(value, 0, height)) for value in (y - half, y + half))
    return image[
        min(top, height - 1) : max(bottom, top + 1), min(left, width - 1) : max(right, left + 1)
    ]
