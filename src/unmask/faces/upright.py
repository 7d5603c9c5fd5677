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
TURNED = 3  # ways by right angles, beside upright


def patch(image: NDArray[np.uint8], box: Sequence[float]) -> NDArray[np.uint8]:
    """The face of ``box`` and its surroundings as they are."""
    x0, y0, x1, y1 = box
    centre, half = np.array([x0 + x1, y0 + y1]) / 2, max(x1 - x0, y1 - y0) * _LOOSE / 2
    square: Boxes = np.concatenate([centre - half, centre + half]).astype(np.float32)[None]
    return np.asarray(sample(image, square, _SIDE)[0], np.uint8)


def turns(upright: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The same :func:`patch` turned by 90, 180 and 270 degrees."""
    return [np.ascontiguousarray(np.rot90(upright, turn)) for turn in range(1, 1 + TURNED)]


def sureness(boxes: Boxes, scores: NDArray[np.float32]) -> float:
    """How sure the detector is, 0 to 1, of the face itself among what it found in a patch."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    near = (np.abs(centres - _SIDE / 2) < _NEAR * _SIDE).all(axis=1)
    return float(scores[near].max(initial=0.0))


def surer(turned: float, upright: float) -> bool:
    """Whether a face found so surely in a turned patch lies as that one shows it.

    Never, where it is found so surely upright that none can be surer (``turned`` of 1).
    """
    return turned > upright + _SURER
