"""A photograph that is panned or enlarged is told from a face that moves."""

from __future__ import annotations

import cv2
import numpy as np
from astronaut_scenes import scenes
from numpy.typing import NDArray

from unmask.faces import miniature, sameness
from unmask.synthesis.codecs import video
from unmask.verdict import QualityFloor

Image = NDArray[np.uint8]
FLOOR = QualityFloor().sameness
FACE = scenes()["whole.png"][60:174, 170:284]


def _moved(face: Image, *, scale: float, by: float, turned: float = 0.0) -> Image:
    """A crop of the face, as landmarks that jitter would cut it out of an enlarged picture."""
    matrix = cv2.getRotationMatrix2D((57, 57), turned, scale)
    matrix *= 168 / 114
    matrix[:, 2] += by
    return np.asarray(cv2.warpAffine(face, matrix, (168, 168), flags=cv2.INTER_LINEAR), np.uint8)


def _crops(faces: list[Image]) -> list[Image]:
    """Of the face in each frame a crop, no two alike, through a codec."""
    crops = [
        _moved(face, scale=1.08 + 0.02 * at, by=-2.0 * (at % 3), turned=at % 2)
        for at, face in enumerate(faces)
    ]
    return [miniature(crop) for crop in video(crops, "libx264", 23)]


def test_a_panned_photograph_is_one_picture() -> None:
    assert sameness(_crops([FACE] * 5)) >= FLOOR


def test_a_mouth_that_opens_in_one_frame_is_no_still() -> None:
    speaking = FACE.copy()
    cv2.ellipse(speaking, (57, 90), (16, 11), 0, 0, 360, (70, 20, 25), -1)
    assert sameness(_crops([FACE, FACE, FACE, speaking, FACE])) < FLOOR - 0.1


def test_what_lies_outside_the_picture_is_not_compared() -> None:
    cut = _moved(FACE, scale=1.0, by=0.0)
    cut[:, :30] = 0
    assert sameness([miniature(_moved(FACE, scale=1.0, by=0.0)), miniature(cut)]) >= FLOOR


def test_one_frame_and_an_empty_place_are_no_still() -> None:
    flat = np.full((84, 84), 90, np.uint8)
    assert sameness([]) == sameness([flat]) == 0.0
    assert sameness([flat, flat]) < FLOOR
