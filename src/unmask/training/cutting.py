"""How a training picture becomes a crop: shaken landmarks, then the product's own alignment."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.clips import align

Picture = NDArray[np.uint8]
_BEYOND = 56
_SHAKEN, _SHIFTED, _SCALED = 0.015, 0.02, 0.08  # of the face box: each landmark, all, the crop
_TURNED = 0.06  # radians


def draw_cut(
    landmarks: NDArray[np.float32], side: float, size: int, margin: float, rng: Generator
) -> Callable[[Picture], Picture]:
    """Draw one way to cut a face; several pictures of the same place can be cut by it.

    ``landmarks`` 5×2 in the pictures' pixels, ``side`` of the face box in pixels; a cut picture is
    ``size``×``size``×3.
    """
    points = landmarks + rng.normal(0, _SHAKEN * side, landmarks.shape).astype(np.float32)
    angle, middle = float(rng.normal(0, _TURNED)), points.mean(axis=0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shifted = middle + rng.normal(0, _SHIFTED * side, 2)
    points = ((points - middle) @ turn.T + shifted).astype(np.float32)
    drawn = margin * float(np.exp(rng.normal(0, _SCALED)))
    # Training pictures end near the face, files do not: mirror what is missing, most of the time.
    beyond = _BEYOND if rng.random() < 0.75 else 0

    def cut(picture: Picture) -> Picture:
        return cut_mirrored(picture, points, size=size, margin=drawn, beyond=beyond)

    return cut


def cut_mirrored(
    picture: Picture,
    landmarks: NDArray[np.float32],
    *,
    size: int,
    margin: float,
    beyond: int = _BEYOND,
) -> Picture:
    """:func:`unmask.clips.align` on the picture, widened by its mirror image at every edge."""
    wide = cv2.copyMakeBorder(picture, *(beyond,) * 4, cv2.BORDER_REFLECT_101)
    placed = (landmarks + beyond).astype(np.float32)
    return align(np.asarray(wide, np.uint8), placed, size=size, margin=margin).image
