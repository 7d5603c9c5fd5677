"""Faces cut from one photograph, some of them with a rendition."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from unmask.clips import align, crop_matrix
from unmask.synthesis import Face

SIDE = 144
_LANDMARKS = np.array(
    [[208.5, 100.2], [246.5, 102.4], [229.0, 125.0], [208.9, 142.1], [241.8, 143.6]], np.float32
)


def make_face(number: int, *, renditions: int = 1) -> Face:
    """Somebody of their own width, place and light."""
    rng = np.random.default_rng([17, number])
    warp = np.array([[rng.uniform(0.85, 1.15), rng.normal(0, 0.06), 0], [0, 1, 0]], np.float64)
    photograph = cv2.warpAffine(astronaut(), warp, (600, 512), borderMode=cv2.BORDER_REFLECT_101)
    points = (_LANDMARKS @ warp[:, :2].T + warp[:, 2]).astype(np.float32)
    crop = align(np.asarray(photograph, np.uint8), points, size=SIDE, margin=1.7)
    picture = np.clip(crop.image * rng.uniform(0.7, 1.2, 3), 0, 255).astype(np.uint8)
    placed = (points @ crop.matrix[:, :2].T + crop.matrix[:, 2]).astype(np.float32)
    frame = cv2.invertAffineTransform(crop_matrix(placed, size=1, margin=1.0))
    soft = cv2.GaussianBlur(picture, (0, 0), 1.5)
    return Face(picture, np.asarray(frame, np.float64), (np.asarray(soft, np.uint8),) * renditions)


@pytest.fixture(scope="session")
def people() -> list[Face]:
    return [make_face(number) for number in range(8)]


@pytest.fixture(scope="session")
def bare() -> Face:
    """A face that nobody rendered."""
    return make_face(0, renditions=0)
