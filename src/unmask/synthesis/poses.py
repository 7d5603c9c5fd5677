"""How a head turns and a mouth widens: small moves of a face's five landmarks, alone or in time.

A pose is seven numbers, all 0 for the face as it is: yaw, pitch and roll in radians, the logarithm
of the zoom, a shift to the right and down in sides of the face box, and how much the mouth widens.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.synthesis.masks import Matrix, invert

Pose = NDArray[np.float64]
Points = NDArray[np.float64]
# Of the eyes as seen left and right, the nose, the corners of the mouth, in the face's unit box.
LANDMARKS: Points = np.array(
    [[0.333, 0.390], [0.667, 0.390], [0.500, 0.595], [0.348, 0.730], [0.652, 0.730]]
)
_DEPTH = np.array([0.0, 0.0, 0.15, 0.05, 0.05])  # towards the camera, as shares of the box
_CENTRE = np.array([0.5, 0.55])
_SPREAD = np.array([0.20, 0.12, 0.06, 0.04, 0.025, 0.02, 0.015])
_MOST = 1.7  # spreads: further, a picture of the front of a face tears


def draw_pose(rng: Generator, amount: float = 1.0) -> Pose:
    """A random pose; ``amount`` 1 is what a speaker's head does."""
    return np.asarray(np.clip(rng.normal(0, 1, 7), -_MOST, _MOST) * _SPREAD * amount)


def draw_path(count: int, rng: Generator) -> list[Pose]:
    """``count`` poses of a head that moves smoothly away from where it is, which is the first."""
    reach = draw_pose(rng, 0.6)  # the phase may double it
    phase, rate = rng.uniform(0, 2 * np.pi, 7), rng.uniform(0.15, 0.8, 7)
    return [reach * (np.sin(phase + rate * index) - np.sin(phase)) for index in range(count)]


def posed(points: Points, frame: Matrix, pose: Pose) -> Points:
    """Landmarks 5×2 in pixels after ``pose``; ``frame`` is that of the face before."""
    inverse = invert(frame)
    unit = points @ inverse[:, :2].T + inverse[:, 2] - _CENTRE
    yaw, pitch, roll, zoom, x, y, wide = pose
    unit[3:, 0] += np.array([-wide, wide])
    turned = unit[:, 0] * np.cos(yaw) + _DEPTH * np.sin(yaw)
    nodded = unit[:, 1] * np.cos(pitch) + _DEPTH * np.sin(pitch)
    grown = np.exp(zoom) * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    moved = np.stack([turned, nodded], axis=1) @ grown.T + _CENTRE + np.array([x, y])
    return np.asarray(moved @ frame[:, :2].T + frame[:, 2])


def posed_frame(frame: Matrix, pose: Pose) -> Matrix:
    """The frame of the face after ``pose``: its roll, zoom and shift; a turn leaves it alone."""
    _, _, roll, zoom, x, y, _ = pose
    grown = np.exp(zoom) * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    shift = _CENTRE + np.array([x, y]) - grown @ _CENTRE
    linear = frame[:, :2] @ grown
    return np.hstack([linear, (frame[:, :2] @ shift + frame[:, 2])[:, None]])
