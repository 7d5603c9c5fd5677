"""Faces of pictures: the public face of the cascade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from unmask.core.deadline import Deadline
from unmask.core.errors import UsageError
from unmask.core.frames import Detection
from unmask.core.paths import assets_folder
from unmask.faces.boxes import clipped
from unmask.faces.cascade import Cascade
from unmask.faces.pyramid import CELL, Image
from unmask.runtime import SessionOptions, open_session

MIN_FACE = 20
"""Pixels a side of the smallest face looked for unless told otherwise."""

_FOREVER = Deadline.after(None)
_DEFAULT = SessionOptions()


class FaceDetector:
    """MTCNN. Loads its networks once; safe to call from several threads."""

    def __init__(self, options: SessionOptions = _DEFAULT, *, min_face: int = MIN_FACE) -> None:
        """``min_face``: sides of the smallest face looked for, in pixels, 12 or more.

        Where the search starts, not a filter: somewhat smaller faces are found too, and kept. Time
        is about proportional to 1 / ``min_face``². :class:`UsageError` when it is under 12; the
        errors of :func:`unmask.runtime.open_session`.
        """
        if min_face < CELL:
            raise UsageError(f"the smallest face that can be looked for has {CELL} pixels a side")
        self.min_face = min_face
        folder = assets_folder() / "mtcnn"
        # O-Net places the landmarks, and with them every crop: it alone keeps to f32. bf16 in the
        # first two moves a box by less than the choice among neighbouring proposals does.
        self._cascade = Cascade(
            pnet=open_session(folder / "pnet.onnx", options),
            rnet=open_session(folder / "rnet.onnx", options),
            onet=open_session(folder / "onet.onnx", replace(options, precision="f32")),
        )

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, deadline: Deadline = _FOREVER
    ) -> list[list[Detection]]:
        """The faces of each picture (H×W×3, uint8, RGB, any sizes), best first.

        A picture without a face, or too small to hold one, has an empty list. Boxes are clipped
        to the picture, landmarks are not. Scores are above 0.8. Raises
        :class:`~unmask.core.errors.TimeBudgetExceeded` when ``deadline`` passes.
        """
        pictures: list[Image] = [np.ascontiguousarray(image) for image in images]
        found, landmarks = self._cascade.run(pictures, self.min_face, deadline)
        faces: list[list[Detection]] = [[] for _ in pictures]
        for row, owner in enumerate(found.owner):
            height, width = pictures[owner].shape[:2]
            x0, y0, x1, y1 = clipped(found.boxes[row : row + 1], height, width)[0].tolist()
            if x1 > x0 and y1 > y0:
                box = (x0, y0, x1, y1)
                faces[owner].append(Detection(box, float(found.scores[row]), landmarks[row]))
        return faces
