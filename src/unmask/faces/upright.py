"""Whether faces stand upright, as MTCNN and the models that look at its crops know them.

A file that has lost its rotation lies on its side. MTCNN finds some faces of such a file still,
with landmarks that are wrong, and whatever looks at crops cut by those sees nonsense. But it is
surer of the same face once it is turned upright.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unmask.faces.boxes import Boxes
from unmask.faces.patches import sample

SMALLEST = 48  # pixels a side of the faces looked for in a patch
_SIDE = 128
_LOOSE = 2.0  # sides of the face in one of the patch
_NEAR = 0.25  # of the patch's side, from its middle: where the face itself is found again
_SURER = 0.005
TURNS = 4  # by right angles, the first by none


def patches(image: NDArray[np.uint8], box: Sequence[float]) -> list[NDArray[np.uint8]]:
    """The face of ``box`` and its surroundings as they are and turned by 90, 180, 270 degrees."""
    x0, y0, x1, y1 = box
    centre, half = np.array([x0 + x1, y0 + y1]) / 2, max(x1 - x0, y1 - y0) * _LOOSE / 2
    square: Boxes = np.concatenate([centre - half, centre + half]).astype(np.float32)[None]
    patch = sample(image, square, _SIDE)[0]
    return [np.ascontiguousarray(np.rot90(patch, turn)) for turn in range(TURNS)]


def is_turned(owner: NDArray[np.intp], boxes: Boxes, scores: NDArray[np.float32]) -> bool:
    """Whether what was found in the four :func:`patches` is surest of a face in a turned one."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    near = (np.abs(centres - _SIDE / 2) < _NEAR * _SIDE).all(axis=1)
    best = [float(scores[near & (owner == turn)].max(initial=0.0)) for turn in range(TURNS)]
    return max(best[1:]) > best[0] + _SURER
