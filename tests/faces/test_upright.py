"""Whether a face lies on its side is told by turning it."""

from __future__ import annotations

import numpy as np
import pytest
from astronaut_scenes import scenes

from unmask.core.frames import Detection
from unmask.faces import FaceDetector

WHOLE = scenes()["whole.png"]


def _face(turns: int) -> tuple[np.ndarray, Detection]:
    """The astronaut turned counterclockwise, and her face as if it had been found all the same."""
    x0, y0, x1, y1 = 183.0, 60.0, 269.0, 174.0
    side = float(WHOLE.shape[0])
    for _ in range(turns):
        x0, y0, x1, y1 = y0, side - x1, y1, side - x0
    landmarks = np.zeros((5, 2), np.float32)
    return np.ascontiguousarray(np.rot90(WHOLE, turns)), Detection((x0, y0, x1, y1), 0.9, landmarks)


def test_an_upright_face_is_told_from_turned_ones(detector: FaceDetector) -> None:
    assert detector.turned([_face(turns) for turns in range(4)]) == [False, True, True, True]


@pytest.mark.parametrize("at", [(0, 0, 60, 60), (480, 480, 560, 560)])
def test_what_is_a_face_no_way_round_is_not_turned(
    detector: FaceDetector, at: tuple[float, float, float, float]
) -> None:
    nothing = Detection(at, 0.9, np.zeros((5, 2), np.float32))
    assert detector.turned([(np.full_like(WHOLE, 90), nothing)]) == [False]


def test_no_faces_are_no_answers(detector: FaceDetector) -> None:
    assert detector.turned([]) == []
