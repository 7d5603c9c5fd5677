"""Where a pseudo-fake is manipulated: soft masks laid over parts of a face.

Shapes are drawn in the face's own coordinates, in which MTCNN's box is the unit square, and carried
into the picture by ``frame``, the 2×3 matrix from those coordinates to pixels.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Part = Literal["face", "inner", "lower", "mouth", "eyes", "box", "whole"]
Matrix = NDArray[np.float64]
Mask = NDArray[np.float32]

# Centre x, centre y, half width, half height of each ellipse, as shares of the face box.
_ELLIPSES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "face": ((0.5, 0.52, 0.41, 0.50),),
    "inner": ((0.5, 0.56, 0.29, 0.33),),
    "mouth": ((0.5, 0.75, 0.21, 0.13),),
    "eyes": ((0.333, 0.39, 0.13, 0.09), (0.667, 0.39, 0.13, 0.09)),
}
# x0, y0, x1, y1: what lip-sync tools paste back as a plain rectangle.
_BOXES: dict[str, tuple[float, float, float, float]] = {
    "lower": (0.10, 0.52, 0.90, 1.02),
    "box": (0.05, 0.05, 0.95, 1.02),
}
_CORNERS = 28


def draw_mask(part: Part, shape: tuple[int, int], frame: Matrix, rng: Generator) -> Mask:
    """A mask H×W in 0…1: random in outline, softness and strength, 1 where fully replaced."""
    if part == "whole":
        return np.ones(shape, dtype=np.float32)
    mask = np.zeros(shape, dtype=np.float32)
    for outline in _outlines(part, rng):
        points = outline @ frame[:, :2].T + frame[:, 2]
        cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    sigma = box_side(frame) * float(rng.choice([0.004, 0.015, 0.03, 0.05], p=[0.2, 0.3, 0.3, 0.2]))
    if sigma > 0.6:
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), dtype=np.float32)
    if rng.random() < 0.4:  # a second blur of the squared mask pulls the seam inward
        mask = np.asarray(cv2.GaussianBlur(mask * mask, (0, 0), max(0.8, sigma)), np.float32)
    strength = float(rng.choice([0.5, 0.75, 1.0], p=[0.15, 0.2, 0.65]))
    return np.clip(mask, 0.0, 1.0) * np.float32(strength)


def box_side(frame: Matrix) -> float:
    """Side of the face box in pixels."""
    return float(np.hypot(frame[0, 0], frame[1, 0]))


def invert(matrix: Matrix) -> Matrix:
    """The 2×3 matrix that undoes ``matrix``."""
    return np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float64)


def compose(outer: Matrix, inner: Matrix) -> Matrix:
    """The 2×3 matrix that applies ``inner`` first."""
    linear = outer[:, :2] @ inner[:, :2]
    return np.hstack([linear, (outer[:, :2] @ inner[:, 2] + outer[:, 2])[:, None]])


def _outlines(part: Part, rng: Generator) -> list[NDArray[np.float64]]:
    if part in _BOXES:
        x0, y0, x1, y1 = np.array(_BOXES[part]) + rng.normal(0, 0.04, 4)
        return [np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])]
    angles = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    outlines = []
    for cx, cy, rx, ry in _ELLIPSES[part]:
        wobble = 1 + _smooth_noise(rng, angles) * 0.12
        grow = rng.uniform(0.82, 1.18, 2)
        shift = rng.normal(0, 0.02, 2)
        power = rng.uniform(0.75, 1.0)  # below 1: squarer than an ellipse
        x = cx + shift[0] + rx * grow[0] * wobble * _signed_power(np.cos(angles), power)
        y = cy + shift[1] + ry * grow[1] * wobble * _signed_power(np.sin(angles), power)
        outlines.append(np.stack([x, y], axis=1))
    return outlines


def _signed_power(value: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    return np.asarray(np.sign(value) * np.abs(value) ** power)


def _smooth_noise(rng: Generator, angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Periodic noise of about unit size at these angles: a few low harmonics."""
    noise = np.zeros(len(angles))
    for harmonic in range(2, 6):
        noise += rng.normal(0, 1.0 / harmonic) * np.cos(harmonic * angles + rng.uniform(0, 6.3))
    return noise
