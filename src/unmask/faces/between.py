"""Where faces of a frame should be, told from frames shortly before and after it.

P-Net, which looks everywhere, is most of MTCNN's cost. In frames of one window a face hardly moves
from one to the next: P-Net looks at some of them, the key frames, and in those between, R-Net and
O-Net look at boxes about the places where the key frames' faces must have been meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from unmask.core.frames import Detection
from unmask.faces.assignment import Pairs
from unmask.faces.boxes import Boxes, boxes_of, iou
from unmask.faces.tracking import nearest, places

_FRAMES_APART = 4
_SECONDS_APART = Fraction(1, 2)
_SHORT = Fraction(3, 5)  # five frames 0.12 s apart, taken from few a second
# A face that both frames have within this reach (in its sizes, and octaves) is the same one.
_REACH, _OCTAVES = 1.0, 0.7
# A face of one key frame alone should be in the frames between if the detector was this sure.
_SURE = 0.95
_FOUND = 0.4  # intersection over union with where it should be
# About a place: shifts in shares of its size, and sizes. P-Net's windows lie about as close.
_SHIFTS = ((0.0, 0.0), (-0.15, 0.0), (0.15, 0.0), (0.0, -0.15), (0.0, 0.15))
_SIZES = (0.85, 1.0, 1.18)


def key_frames(times: Sequence[Fraction]) -> list[int]:
    """Indices of the frames where P-Net looks.

    Of a short window the one in the middle, from which no frame lies far. Of others the first,
    the last, and enough between them.
    """
    if 1 < len(times) <= _FRAMES_APART + 1 and times[-1] - times[0] <= _SHORT:
        return [len(times) // 2]
    keys = [0] if times else []
    for at in range(1, len(times)):
        last, beyond = keys[-1], at + 1 == len(times)
        far = at - last >= _FRAMES_APART
        if beyond or far or times[at + 1] - times[last] > _SECONDS_APART:
            keys.append(at)
    return keys


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Faces of a frame before they are looked for: ``boxes`` N×4, ``sure`` N."""

    boxes: Boxes
    sure: NDArray[np.bool_]

    def proposals(self) -> Boxes:
        """M×4 boxes for R-Net to look at."""
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        centre = (self.boxes[:, 2:] + self.boxes[:, :2]) / 2
        shifted = [centre + sides * np.array(shift, np.float32) for shift in _SHIFTS]
        found = [
            np.concatenate([place - sides * size / 2, place + sides * size / 2], axis=1)
            for place in shifted
            for size in np.array(_SIZES, np.float32)
        ]
        return np.concatenate(found)

    def missing_in(self, found: Sequence[Detection]) -> bool:
        """Whether a face that should surely be there is not among ``found``."""
        if not self.sure.any():
            return False
        overlaps = iou(self.boxes[self.sure], boxes_of(found))
        return bool((overlaps.max(axis=1, initial=0.0) < _FOUND).any())


def still(faces: Sequence[Detection]) -> Expected:
    """The faces of a frame beside the only key frame: where they were there."""
    return Expected(boxes_of(faces), np.array([face.score >= _SURE for face in faces], bool))


def both_have(before: Sequence[Detection], after: Sequence[Detection]) -> Pairs:
    """Indices of the faces, row and column, that two frames shortly after each other both have."""
    reach, octaves = np.full(len(before), _REACH), np.full(len(before), _OCTAVES)
    return nearest(places(before), places(after), reach, octaves)


def expected(before: Sequence[Detection], after: Sequence[Detection], share: float) -> Expected:
    """The faces of a frame ``share`` of the way (0 to 1) from one key frame to the next.

    A face of both is expected where it passes at constant speed; one of a single key frame where
    it was there.
    """
    pairs = both_have(before, after)
    rows, columns = [row for row, _ in pairs], [column for _, column in pairs]
    passing = boxes_of(before)[rows] * np.float32(1 - share)
    passing += boxes_of(after)[columns] * np.float32(share)
    alone = [face for row, face in enumerate(before) if row not in rows]
    alone += [face for column, face in enumerate(after) if column not in columns]
    sure = [True] * len(pairs) + [face.score >= _SURE for face in alone]
    return Expected(np.concatenate([passing, boxes_of(alone)]), np.array(sure, bool))
