"""Faces of a camera, frame by frame: a rolling score for each, and nothing kept but features."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unmask.clips import align
from unmask.core.analysis import Pixels
from unmask.core.frames import Detection, FrameScores
from unmask.pipeline.analyser import Analyser
from unmask.pipeline.engine import Engine
from unmask.verdict import QualityFloor, face_probability, frame_probability

MIN_FACE = 64
MOST_FACES = 3
_FORGOTTEN_S = 1.0
_OVERLAP = 0.3
_LOGITS = 32  # of the latest frames that a rolling score rests on


@dataclass(frozen=True, slots=True)
class LiveFace:
    """One face in the latest frame. ``box`` in pixels of it; scores are P(manipulated), 0 to 1.

    ``score`` is that of this frame alone, ``rolling`` of the last seconds with the temporal
    network, None until it has seen enough; both None where the face is too small to be judged.
    """

    id: int
    box: Pixels
    score: float | None
    rolling: float | None


@dataclass(slots=True)
class _Followed:
    id: int
    box: Pixels
    seen_s: float
    sampled_s: float = -1.0
    logits: deque[float] = field(default_factory=lambda: deque(maxlen=_LOGITS))
    features: deque[NDArray[np.float32]] = field(default_factory=deque)


class LiveView:
    """Follows the faces of one camera. Not safe for several threads: frames come in order."""

    def __init__(self, analyser: Analyser, engine: Engine) -> None:
        self._engine = engine
        self._manifest = analyser.package.manifest
        self._followed: list[_Followed] = []
        self._next = 0

    def look(self, image: NDArray[np.uint8], time_s: float) -> list[LiveFace]:
        """The faces of a frame H×W×3 (uint8, RGB) taken at ``time_s``, the largest first."""
        found = self._engine.detector.detect([image])[0]
        largest = sorted(found, key=lambda one: -one.size)[:MOST_FACES]
        self._followed = [one for one in self._followed if time_s - one.seen_s <= _FORGOTTEN_S]
        faces = [(self._same(one, time_s), one) for one in largest]
        judged = [pair for pair in faces if pair[1].size >= QualityFloor().size_px]
        if judged:
            self._score(image, judged, time_s)
        fit = {followed.id for followed, _ in judged}
        return [self._shown(followed, scored=followed.id in fit) for followed, _ in faces]

    def _same(self, detection: Detection, time_s: float) -> _Followed:
        """The face at that place a moment ago, or a new one."""
        free = [one for one in self._followed if one.seen_s < time_s]
        best = max(free, key=lambda one: overlap(one.box, detection.box), default=None)
        if best is None or overlap(best.box, detection.box) < _OVERLAP:
            best = _Followed(self._next, detection.box, time_s)
            best.features = deque(maxlen=self._manifest.clip.frames)
            self._next += 1
            self._followed.append(best)
        best.box, best.seen_s = detection.box, time_s
        return best

    def _score(
        self, image: NDArray[np.uint8], faces: list[tuple[_Followed, Detection]], time_s: float
    ) -> None:
        crop, clip = self._manifest.crop, self._manifest.clip
        crops = np.stack(
            [
                align(image, one.landmarks, size=crop.size, margin=crop.margin).image
                for _, one in faces
            ]
        )
        scores: FrameScores = self._engine.scorer.score_crops(crops)
        for (followed, _), logit, features in zip(
            faces, scores.logits, scores.features, strict=True
        ):
            followed.logits.append(float(logit))
            # The temporal network was fitted on frames so far apart; a camera may be faster.
            if time_s - followed.sampled_s >= 0.8 * clip.step_s:
                followed.sampled_s = time_s
                followed.features.append(features)

    def _shown(self, followed: _Followed, *, scored: bool) -> LiveFace:
        if not scored or not followed.logits:
            return LiveFace(followed.id, followed.box, None, None)
        calibration = self._manifest.calibration
        score = frame_probability(followed.logits[-1], calibration)
        rolling = None
        if len(followed.features) >= min(4, self._manifest.clip.frames):
            clip = self._engine.scorer.score_clips([np.stack(followed.features)])
            rolling = face_probability(list(followed.logits), [float(clip[0])], calibration)
        return LiveFace(followed.id, followed.box, score, rolling)


def open_live(analyser: Analyser) -> LiveView:
    """A view with the analyser's model, its networks loaded for itself. Raises as ``load``."""
    from unmask.runtime import SessionOptions

    engine = Engine.load(analyser.package, SessionOptions(), MIN_FACE)
    return LiveView(analyser, engine)


def overlap(one: Pixels, other: Pixels) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    return shared / (_area(one) + _area(other) - shared)


def _area(box: Pixels) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
