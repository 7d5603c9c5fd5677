"""Faces of pictures: the public face of the cascade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from unmask.core.deadline import Deadline
from unmask.core.errors import UsageError
from unmask.core.frames import Detection, Frame
from unmask.core.paths import assets_folder
from unmask.faces.between import Expected, expected, key_frames, still
from unmask.faces.boxes import Boxes, clipped
from unmask.faces.cascade import Candidates, Cascade
from unmask.faces.pyramid import CELL, Image
from unmask.faces.upright import SMALLEST, TURNED, patch, sureness, surer, turns
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
        return _by_picture(pictures, found, landmarks)

    def detect_window(
        self, frames: Sequence[Frame], *, deadline: Deadline = _FOREVER
    ) -> list[list[Detection]]:
        """The faces of each of a window's frames, as :meth:`detect` gives them, for less.

        Every part of the picture is looked at in some of the frames, half a second apart at most
        (one, where all lie within that); in the others, faces are looked for about where they must
        be, and everywhere where one is missing. What is lost is a face that shows in none of those
        frames.
        """
        keys = key_frames([frame.time for frame in frames])
        found = dict(
            zip(
                keys, self.detect([frames[at].image for at in keys], deadline=deadline), strict=True
            )
        )
        ahead = {
            at: expected(
                found[before],
                found[after],
                float(frames[at].time - frames[before].time)
                / float(frames[after].time - frames[before].time),
            )
            for before, after in pairwise(keys)
            for at in range(before + 1, after)
        }
        if len(keys) == 1 < len(frames):
            (key,) = keys
            if not found[key] and key != 0:  # a face may be turned away or blurred just there
                key = 0
                found |= {key: self.detect([frames[key].image], deadline=deadline)[0]}
            ahead = {at: still(found[key]) for at in range(len(frames)) if at != key}
        found |= self._found_at(frames, ahead, deadline)
        missing = [at for at, faces in ahead.items() if faces.missing_in(found[at])]
        again = self.detect([frames[at].image for at in missing], deadline=deadline)
        found |= dict(zip(missing, again, strict=True))
        return [found[at] for at in range(len(frames))]

    def detect_about(self, image: NDArray[np.uint8], faces: Expected) -> list[Detection]:
        """The faces of one picture, looked for where ``faces`` are expected only."""
        pictures: list[Image] = [np.ascontiguousarray(image)]
        return self._about(pictures, [faces.proposals()], _FOREVER)[0]

    def turned(
        self,
        faces: Sequence[tuple[NDArray[np.uint8], Detection]],
        *,
        deadline: Deadline = _FOREVER,
    ) -> list[bool]:
        """Whether each face, with its picture, lies on its side or is upside down.

        Of single glances some are wrong: ``tools/turned.py`` says what comes of that.
        """
        upright = [patch(image, face.box) for image, face in faces]
        sure = self._sureness(upright, deadline)
        doubtful = [at for at, so_far in enumerate(sure) if surer(1.0, so_far)]
        ways = self._sureness([way for at in doubtful for way in turns(upright[at])], deadline)
        best = {at: max(ways[TURNED * n : TURNED * (n + 1)]) for n, at in enumerate(doubtful)}
        return [surer(best.get(at, 0.0), so_far) for at, so_far in enumerate(sure)]

    def _sureness(self, patches: Sequence[Image], deadline: Deadline) -> list[float]:
        found, _landmarks = self._cascade.run(patches, SMALLEST, deadline)
        mine = [found.owner == number for number in range(len(patches))]
        return [sureness(found.boxes[own], found.scores[own]) for own in mine]

    def _found_at(
        self, frames: Sequence[Frame], ahead: Mapping[int, Expected], deadline: Deadline
    ) -> dict[int, list[Detection]]:
        """The faces of the frames of ``ahead``, looked for where it expects them only."""
        pictures: list[Image] = [np.ascontiguousarray(frames[at].image) for at in ahead]
        boxes = [faces.proposals() for faces in ahead.values()]
        return dict(zip(ahead, self._about(pictures, boxes, deadline), strict=True))

    def _about(
        self, pictures: Sequence[Image], boxes: Sequence[Boxes], deadline: Deadline
    ) -> list[list[Detection]]:
        """The faces of each picture among boxes (N×4) about the places where they may be."""
        owner = np.repeat(np.arange(len(boxes)), [len(some) for some in boxes])
        everywhere = np.concatenate([np.empty((0, 4), np.float32), *boxes])
        proposed = Candidates(owner, everywhere, np.ones(len(everywhere), np.float32))
        faces, landmarks = self._cascade.look_at(pictures, proposed, deadline)
        return _by_picture(pictures, faces, landmarks)


def _by_picture(
    pictures: Sequence[Image], found: Candidates, landmarks: NDArray[np.float32]
) -> list[list[Detection]]:
    faces: list[list[Detection]] = [[] for _ in pictures]
    for row, owner in enumerate(found.owner):
        height, width = pictures[owner].shape[:2]
        x0, y0, x1, y1 = clipped(found.boxes[row : row + 1], height, width)[0].tolist()
        if x1 > x0 and y1 > y0:
            box = (x0, y0, x1, y1)
            faces[owner].append(Detection(box, float(found.scores[row]), landmarks[row]))
    return faces
