"""Whether a line was drawn round a face: a ring, a circle, a box, as people point somebody out.

The surroundings are unrolled: a row for every direction from the middle of the face, outwards. A
closed line crosses every row, thin and of one colour, and not far from where it crossed the row
before; the outlines of hair, hoods and backgrounds are broad, or change their colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

_ROWS = 96  # directions, once round
_NEAR, _FAR = 0.6, 1.9  # of half the face: where a line is looked for
_HALF = 64  # columns from the middle of the face to the edge of its box
_COLUMNS = round((_FAR - _NEAR) * _HALF) + 1
_PIXELS = 96  # half of the face, larger ones made smaller
_ACROSS = np.ones((1, 21), np.uint8)  # wider than a sixth of the face is no line
_CONTRAST = 44  # grey levels between a line and both of its sides, in any colour
_SAME = 40  # grey levels, in every colour: pixels of one line, mixed with what is beside it
_EVEN = 24  # and where it crosses a row, from row to row
_COLOURS = 8  # that are tried, those first that stand out most in most rows
_FEWEST = 0.4  # of the rows: a colour in fewer is no ring
_KNOWN = 0.6  # of the rows: what is told of no more is told of as if it were so many
_REACH = np.ones((3, 7), np.uint8)  # over which pixels of a line belong together
_STEP = 7  # columns that a line may be off from row to row, as at a corner
_END = 6  # columns; a row that has them in the picture has been looked at
Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def _directions() -> NDArray[np.float32]:
    """Rows × columns × (x, y) in halves of the face; a box has one column all round."""
    angle = (np.arange(_ROWS) + 0.5) * (2 * np.pi / _ROWS)
    way = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    way /= np.abs(way).max(axis=-1, keepdims=True)
    far = np.linspace(_NEAR, _FAR, _COLUMNS)
    return np.asarray(way[:, None] * far[:, None], np.float32)


_DIRECTIONS = _directions()


def ring(image: Image, box: Sequence[float]) -> float:
    """In what share of the directions, 0 to 1, one thin line of one colour lies round the face.

    ``box`` is x0, y0, x1, y1 in a picture H×W×3. Directions in which the picture ends before are
    left out, up to four in ten. Less than 0.4 may be given as 0.
    """
    rows, seen = _unrolled(image, box)
    light = cv2.subtract(rows, cv2.morphologyEx(rows, cv2.MORPH_OPEN, _ACROSS))
    dark = cv2.subtract(cv2.morphologyEx(rows, cv2.MORPH_CLOSE, _ACROSS), rows)
    contrast = np.maximum(light, dark).max(axis=-1)
    thin = (contrast > _CONTRAST) & seen
    return max((_share(rows, line, seen) for line in _lines(rows, contrast, thin)), default=0.0)


def _unrolled(image: Image, box: Sequence[float]) -> tuple[Image, Mask]:
    """Rows × columns × 3 about the face, and which of them lie in the picture."""
    height, width = image.shape[:2]
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half_x, half_y = (max(1.0, box[at + 2] - box[at]) / 2 for at in (0, 1))
    half = max(half_x, half_y)
    every = max(1, int(half / (2 * _PIXELS)))  # of huge faces, which are made smaller yet
    more = 3 * max(1.0, half / _PIXELS)  # so that the last column lies between pixels
    left, right = (int(np.clip(x + s * (half_x * _FAR + more), 0, width)) for s in (-1, 1))
    top, bottom = (int(np.clip(y + s * (half_y * _FAR + more), 0, height)) for s in (-1, 1))
    if right - left < 2 or bottom - top < 2:
        return np.zeros((_ROWS, _COLUMNS, 3), np.uint8), np.zeros((_ROWS, _COLUMNS), np.bool_)
    patch = image[top:bottom:every, left:right:every]
    if half > _PIXELS:
        scale = _PIXELS / half * every
        size = [max(1, round(side * scale)) for side in patch.shape[1::-1]]
        patch = np.asarray(cv2.resize(patch, size, interpolation=cv2.INTER_AREA), np.uint8)
    across, down = patch.shape[1] / (right - left), patch.shape[0] / (bottom - top)
    at_x = (_DIRECTIONS[..., 0] * np.float32(half_x) + np.float32(x - left)) * across - 0.5
    at_y = (_DIRECTIONS[..., 1] * np.float32(half_y) + np.float32(y - top)) * down - 0.5
    seen = (at_x >= 0) & (at_y >= 0) & (at_x < patch.shape[1] - 1) & (at_y < patch.shape[0] - 1)
    rows = cv2.remap(patch, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(rows, np.uint8), seen


def _lines(rows: Image, contrast: Image, thin: Mask) -> Iterator[Mask]:
    """Which of the thin pixels are of one colour, for one colour after the other."""
    row, pixels = np.nonzero(thin)[0], rows[thin]
    coarse = (pixels >> 5).astype(np.intp) @ np.array([64, 8, 1])
    most = np.zeros((_ROWS, 512), np.float32)
    np.maximum.at(most, (row, coarse), contrast[thin])
    rank = most.sum(axis=0)
    for _ in range(_COLOURS):
        best = int(rank.argmax())
        if rank[best] <= 0:
            return
        colour = np.median(pixels[coarse == best], axis=0)
        near = np.abs(pixels.astype(np.int16) - colour.astype(np.int16)).max(axis=-1) < _SAME
        rank[coarse[near]] = rank[best] = 0
        if np.count_nonzero(np.bincount(row[near], minlength=_ROWS)) >= _FEWEST * _ROWS:
            line = np.zeros_like(thin)
            line[thin] = near
            yield line


def _share(rows: Image, line: Mask, seen: Mask) -> float:
    """The share of the rows that the longest connected part of a line crosses evenly."""
    line = _longest(line)
    width = line.sum(axis=1)
    crossed = width > 0
    if np.count_nonzero(crossed) < _FEWEST * _ROWS:
        return 0.0
    counted = np.maximum(width, 1)
    colour = np.einsum("rck,rc->rk", rows, line, dtype=np.float32) / counted[:, None]
    place = line @ np.arange(_COLUMNS) / counted
    first, last = line.argmax(axis=1), _COLUMNS - 1 - line[:, ::-1].argmax(axis=1)
    beyond = np.minimum(last + 2, _COLUMNS - 1)
    off = np.abs(place - np.roll(place, 1))
    even = (
        crossed
        & (np.abs(colour - np.median(colour[crossed], axis=0)).max(axis=-1) < _EVEN)
        & (width <= 1.8 * np.median(width[crossed]) + 1.5)
        & (last - first + 1 <= width + 2)  # in one piece
        & (np.minimum(off, np.roll(off, -1)) < _STEP)
        & (first > 0)  # and with something on both of its sides
        & (last < _COLUMNS - 1)
        & seen[np.arange(_ROWS), beyond]
    )
    known = np.count_nonzero(crossed | seen[:, -_END:].all(axis=1))
    return float(np.count_nonzero(even)) / max(float(known), _KNOWN * _ROWS)


def _longest(line: Mask) -> Mask:
    """What of it hangs together over the most rows, of which the last is beside the first."""
    twice = np.concatenate([line, line]).astype(np.uint8)
    _, part, found, _ = cv2.connectedComponentsWithStats(cv2.dilate(twice, _REACH))
    best = part == 1 + int(found[1:, cv2.CC_STAT_HEIGHT].argmax())
    return np.asarray((best[:_ROWS] | best[_ROWS:]) & line, np.bool_)
