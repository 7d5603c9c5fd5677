"""Faces of a camera, frame by frame: a rolling score for each, and nothing kept but features."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unmask.clips import align
from unmask.core.analysis import Pixels
from unmask.core.frames import Detection, FrameScores
from unmask.faces import FaceDetector, Follower
from unmask.pipeline.analyser import Analyser
from unmask.pipeline.engine import Engine
from unmask.runtime import SessionOptions
from unmask.runtime.package import Manifest
from unmask.scoring import Scorer
from unmask.verdict import QualityFloor, face_probability, frame_probability, frames_logit

MIN_FACE = 64
MOST_FACES = 3
_FORGOTTEN_S = 1.0
_OVERLAP = 0.3
_LOGITS = 32  # of the latest scored frames that a rolling score rests on
_PATIENCE_S = 0.03  # for scores of the very frame that is asked about
_GLANCES, _GLANCE_S = 3, 1.0  # at which way up a face is: the latest, and how far apart
_NICER = 5  # is scoring, so that it gets a quarter of a core that others want as well


@dataclass(frozen=True, slots=True)
class LiveFace:
    """One face in the latest frame. ``box`` in pixels of it; scores are P(manipulated), 0 to 1.

    ``score`` is that of the latest frame that was scored, ``rolling`` of the last seconds with
    the temporal network, None until it has seen enough; both None where the face is too small to
    be judged, ``turned`` (on its side or upside down, as the model knows no face), or not scored
    yet.
    """

    id: int
    box: Pixels
    score: float | None
    rolling: float | None
    turned: bool = False


@dataclass(slots=True)
class _Followed:
    id: int
    box: Pixels
    seen_s: float
    features: deque[NDArray[np.float32]]
    logits: deque[float] = field(default_factory=lambda: deque(maxlen=_LOGITS))
    cells: deque[NDArray[np.float32] | None] = field(default_factory=lambda: deque(maxlen=_LOGITS))
    rolling: float | None = None
    glances: deque[bool] = field(default_factory=lambda: deque(maxlen=_GLANCES))
    glanced_s: float = -np.inf

    @property
    def turned(self) -> bool:
        """As of a file's faces: half of the glances say so."""
        return bool(self.glances) and 2 * sum(self.glances) >= len(self.glances)

    def forget(self) -> None:
        """What was seen of it while it was turned says nothing."""
        self.rolling = None
        for seen in (self.features, self.logits, self.cells):
            seen.clear()


@dataclass(frozen=True, slots=True)
class _Scored:
    """What came of one look at some faces, and for how long it took what share of the cores.

    ``turned`` has those at whose way up was glanced, in the order of ``glanced``.
    """

    faces: list[_Followed]
    scores: FrameScores
    took_s: float
    glanced: list[_Followed]
    turned: list[bool]


class LiveView:
    """Follows the faces of one camera. Not safe for several threads: frames come in order.

    Faces are found in every frame. They are scored beside that, one look at a time, always at the
    latest frame and not more often than the temporal network was fitted on: a slow model makes
    scores rarer and never holds up the boxes. ``patience_s`` is how long a frame waits for its
    own scores where they come as soon as that; with ``spare`` scoring rests as long as it took all
    cores.
    """

    def __init__(
        self,
        manifest: Manifest,
        engine: Engine,
        *,
        patience_s: float = _PATIENCE_S,
        spare: bool = True,
    ) -> None:
        self._engine = engine
        self._manifest = manifest
        self.looks = 0
        """How many frames have been scored."""
        self._follower = Follower(engine.detector)
        self._followed: list[_Followed] = []
        self._next = 0
        self._patience_s, self._spare = patience_s, spare
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="unmask-live")
        self._under_way: Future[_Scored] | None = None
        self._asked_s = -np.inf
        self._rests_until = 0.0
        self._took_s = 0.0  # the latest scoring

    def close(self) -> None:
        """End the thread that scores."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def look(self, image: NDArray[np.uint8], time_s: float) -> list[LiveFace]:
        """The faces of a frame H×W×3 (uint8, RGB) taken at ``time_s``, the largest first."""
        found = self._follower.look(image, time_s)
        largest = sorted(found, key=lambda one: -one.size)[:MOST_FACES]
        self._followed = [one for one in self._followed if time_s - one.seen_s <= _FORGOTTEN_S]
        faces = [(self._same(one, time_s), one) for one in largest]
        judged = [pair for pair in faces if pair[1].size >= QualityFloor().size_px]
        self._take(0.0)
        if judged and self._may_score(time_s):
            self._asked_s = time_s
            due = [pair for pair in judged if time_s - pair[0].glanced_s >= _GLANCE_S]
            for followed, _ in due:
                followed.glanced_s = time_s
            self._under_way = self._pool.submit(self._score, image, judged, due)
            self._take(self._patience_s if self._took_s <= self._patience_s else 0.0)
        fit = {followed.id for followed, _ in judged}
        return [self._shown(followed, scored=followed.id in fit) for followed, _ in faces]

    def _same(self, detection: Detection, time_s: float) -> _Followed:
        """The face at that place a moment ago, or a new one."""
        free = [one for one in self._followed if one.seen_s < time_s]
        best = max(free, key=lambda one: overlap(one.box, detection.box), default=None)
        if best is None or overlap(best.box, detection.box) < _OVERLAP:
            features: deque[NDArray[np.float32]] = deque(maxlen=self._manifest.clip.frames)
            best = _Followed(self._next, detection.box, time_s, features)
            self._next += 1
            self._followed.append(best)
        best.box, best.seen_s = detection.box, time_s
        return best

    def _may_score(self, time_s: float) -> bool:
        """A camera may be faster than the temporal network's frames lie apart."""
        due = time_s - self._asked_s >= 0.8 * self._manifest.clip.step_s
        return due and self._under_way is None and time.monotonic() >= self._rests_until

    def _score(
        self,
        image: NDArray[np.uint8],
        faces: list[tuple[_Followed, Detection]],
        due: list[tuple[_Followed, Detection]],
    ) -> _Scored:
        """In the thread beside: nothing of a followed face is changed here."""
        start, crop = time.monotonic(), self._manifest.crop
        crops = np.stack(
            [
                align(image, one.landmarks, size=crop.size, margin=crop.margin).image
                for _, one in faces
            ]
        )
        scores = self._engine.scorer.score_crops(crops)
        took_s = time.monotonic() - start
        turned = self._engine.detector.turned([(image, one) for _, one in due]) if due else []
        return _Scored([one for one, _ in faces], scores, took_s, [one for one, _ in due], turned)

    def _take(self, patience_s: float) -> None:
        """Note the scores that have come in."""
        if self._under_way is None:
            return
        if not wait([self._under_way], patience_s).done:
            return
        scored, self._under_way = self._under_way.result(), None
        self.looks += 1
        self._took_s = scored.took_s
        # One crop is scored on a core's share of its own, several take all there are.
        if self._spare and (len(scored.faces) > 1 or os.cpu_count() == 1):
            self._rests_until = time.monotonic() + scored.took_s
        for followed, turned in zip(scored.glanced, scored.turned, strict=True):
            followed.glances.append(turned)
        scores = scored.scores
        for row, followed in enumerate(scored.faces):
            if followed.turned:
                followed.forget()
                continue
            followed.logits.append(float(scores.logits[row]))
            followed.cells.append(None if scores.cells is None else scores.cells[row])
            followed.features.append(scores.features[row])
            followed.rolling = self._rolling(followed)

    def _rolling(self, followed: _Followed) -> float | None:
        if len(followed.features) < min(4, self._manifest.clip.frames):
            return None
        clip = self._engine.scorer.score_clips([np.stack(followed.features)])
        frames = frames_logit(followed.logits, followed.cells, self._manifest.pooling)
        calibration = self._manifest.calibration
        return face_probability(frames, [float(clip[0])], calibration, stretches=1)

    def _shown(self, followed: _Followed, *, scored: bool) -> LiveFace:
        if not scored or not followed.logits:
            turned = scored and followed.turned
            return LiveFace(followed.id, followed.box, None, None, turned)
        score = frame_probability(followed.logits[-1], self._manifest.calibration)
        return LiveFace(followed.id, followed.box, score, followed.rolling)


def open_live(
    analyser: Analyser, *, patience_s: float = _PATIENCE_S, spare: bool = True
) -> LiveView:
    """A view with the analyser's model, its networks loaded for itself. Raises as ``load``.

    A core each: faces are found by one thread, as two would wait for each other where scoring
    has the other core; and scoring stands back where cores are scarce.
    """
    analyser.package.verify()
    detector = FaceDetector(SessionOptions(threads=1), min_face=MIN_FACE)
    # The runtime's threads are made while it loads, and are as nice as the one that loads.
    with ThreadPoolExecutor(1, initializer=_stand_back) as pool:
        scorer = pool.submit(Scorer, analyser.package).result()
    engine = Engine(detector, scorer)
    return LiveView(analyser.package.manifest, engine, patience_s=patience_s, spare=spare)


def _stand_back() -> None:
    """Lower this thread's priority, where a system has one for each thread: on Linux."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            nice = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, min(19, nice + _NICER))


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
