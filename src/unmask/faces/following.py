"""Faces of a camera: looked for everywhere now and then, in between where they must be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmask.core.frames import Detection
from unmask.faces.between import Expected, both_have
from unmask.faces.boxes import Boxes, boxes_of
from unmask.faces.detector import FaceDetector

_EVERYWHERE_S = 0.25  # after which a face that was nowhere before is found
_LONGEST_STEP_S = 0.25  # between two frames, beyond which a face may be anywhere


class Follower:
    """Finds the faces of frames that come in order. Not safe for several threads.

    P-Net looks at a frame where the last such look is a quarter of a second old, where there was
    no face in the frame before, and where one that should be there is missing. Else R-Net and O-Net
    look about the places where the faces of the last two frames must have moved to.
    """

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._before: tuple[Detection, ...] = ()
        self._last: tuple[Detection, ...] = ()
        self._last_s = self._everywhere_s = -np.inf
        self._step_s = 0.0  # between the last two frames

    def look(self, image: NDArray[np.uint8], time_s: float) -> list[Detection]:
        """The faces of a frame H×W×3 (uint8, RGB) taken at ``time_s``, best first."""
        found = self._where_expected(image, time_s)
        if found is None:
            found = self._detector.detect([image])[0]
            self._everywhere_s = time_s
        self._before, self._last = self._last, tuple(found)
        self._step_s, self._last_s = time_s - self._last_s, time_s
        return found

    def _where_expected(self, image: NDArray[np.uint8], time_s: float) -> list[Detection] | None:
        """The faces about where they must be; None where that does not suffice."""
        step_s = time_s - self._last_s
        due = time_s - self._everywhere_s >= _EVERYWHERE_S
        if due or not self._last or not 0 < step_s <= _LONGEST_STEP_S:
            return None
        boxes = self._boxes(step_s)
        ahead = Expected(boxes, np.ones(len(boxes), bool))
        found = self._detector.detect_about(image, ahead)
        return None if ahead.missing_in(found) else found

    def _boxes(self, step_s: float) -> Boxes:
        """Where the last frame's faces are ``step_s`` later, at the speed that they had."""
        boxes = boxes_of(self._last)
        if self._before and 0 < self._step_s <= _LONGEST_STEP_S:
            pairs = both_have(self._before, self._last)
            old, new = [row for row, _ in pairs], [column for _, column in pairs]
            centres = (boxes[:, :2] + boxes[:, 2:]) / 2
            before = boxes_of(self._before)[old]
            moved = centres[new] - (before[:, :2] + before[:, 2:]) / 2
            boxes[new] += np.tile(moved * np.float32(step_s / self._step_s), 2)
        return boxes
