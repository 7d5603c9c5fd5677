"""Arithmetic on boxes: float arrays N×4 of x0, y0, x1, y1 in pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unmask.core.frames import Detection

Boxes = NDArray[np.float32]


def boxes_of(faces: Sequence[Detection]) -> Boxes:
    """Their boxes, N×4, also where there are none."""
    return np.array([face.box for face in faces], np.float32).reshape(-1, 4)


def areas(boxes: Boxes) -> NDArray[np.float32]:
    """Area of each box in square pixels; a box turned inside out has none."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    area: NDArray[np.float32] = sides[:, 0] * sides[:, 1]
    return area


def squared(boxes: Boxes) -> Boxes:
    """The square on each box's longer side, about the same centre."""
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def regressed(boxes: Boxes, offsets: NDArray[np.float32]) -> Boxes:
    """Each side moved by its offset, a share of the box's width or height.

    Width and height count the last pixel (+ 1), as in the implementation the weights come from.
    """
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    moved: Boxes = boxes + offsets * np.concatenate([sides, sides], axis=1)
    return moved


def clipped(boxes: Boxes, height: int, width: int) -> Boxes:
    """What of each box lies within a picture."""
    return np.clip(boxes, 0, np.array([width, height, width, height], boxes.dtype))


def iou(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """Intersection over union of every box of ``a`` (rows) with every box of ``b`` (columns)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    sides = np.maximum(high - low, 0)
    shared = sides[..., 0] * sides[..., 1]
    union = areas(a)[:, None] + areas(b)[None] - shared
    share: NDArray[np.float32] = shared / np.maximum(union, np.float32(1e-9))
    return share
