"""Detections without a picture."""

from __future__ import annotations

import numpy as np

from unmask.core.frames import Detection


def face_at(x: float, y: float = 100, side: float = 50, score: float = 0.999) -> Detection:
    """A detection by the centre and side of its box."""
    half = side / 2
    points = [(-0.2, -0.2), (0.2, -0.2), (0, 0), (-0.15, 0.25), (0.15, 0.25)]
    landmarks = np.array(points, np.float32) * side + np.array([x, y], np.float32)
    return Detection((x - half, y - half, x + half, y + half), score, landmarks)
