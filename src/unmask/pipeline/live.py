"""Faces of a camera, frame by frame: a rolling verdict for each, and no picture kept."""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmask.clips import align
from unmask.core.analysis import Pixels, Thresholds, Verdict
from unmask.core.frames import Detection
from unmask.faces import FaceDetector, Follower, covering
from unmask.pipeline.analyser import Analyser
from unmask.pipeline.engine import Engine
from unmask.pipeline.followed import Followed
from unmask.pipeline.judging import frame_evidence
from unmask.pipeline.queueing import Scored
from unmask.runtime import SessionOptions
from unmask.scoring import Scorer
from unmask.verdict import FrameEvidence, QualityFloor

MIN_FACE = 64
MOST_FACES = 3
_FORGOTTEN_S = 1.0
_OVERLAP = 0.3
_KNOWN = 1.5  # times as large must another be to be watched in the place of one that is
_PATIENCE_S = 0.03  # for scores of the very frame that is asked about
_GLANCE_S = 1.0  # between two at which way up a face is
_NICER = 5  # is scoring, so that it gets a quarter of a core that others want as well
_SMALLEST = QualityFloor().size_px
_TOO_SMALL = Verdict(label="inconclusive", probability=None, reasons=("face-too-small",))


@dataclass(frozen=True, slots=True)
class LiveFace:
    """One face in the latest frame. ``box`` in pixels of it.

    ``verdict`` is what a scan would say of the last seconds, and of what is in the way just now,
    such as a hand over the face; None while there is too little of it.
    """

    id: int
    box: Pixels
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class _Look:
    """What came of a look at some faces at a time, and for how long it took its share of the cores.

    ``frames`` has each face's evidence and features, ``glances`` which of some lay turned.
    """

    time_s: float
    frames: list[tuple[Followed, FrameEvidence, NDArray[np.float32]]]
    glances: list[tuple[Followed, bool]]
    took_s: float


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
        engine: Engine,
        thresholds: Thresholds,
        *,
        patience_s: float = _PATIENCE_S,
        spare: bool = True,
    ) -> None:
        self._engine, self._thresholds = engine, thresholds
        self._manifest = engine.scorer.package.manifest
        self.looks = 0
        """How many frames have been scored."""
        self.left_out = 0
        """How many faces of the latest frame are not followed, for others are larger."""
        self._follower = Follower(engine.detector)
        self._followed: list[Followed] = []
        self._next = 0
        self._patience_s, self._spare = patience_s, spare
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="unmask-live")
        self._under_way: Future[_Look] | None = None
        self._asked_s = -np.inf
        self._rests_until = 0.0
        self._took_s = 0.0  # the latest scoring

    def close(self) -> None:
        """End the thread that scores."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def look(self, image: NDArray[np.uint8], time_s: float) -> list[LiveFace]:
        """The faces of a frame H×W×3 (uint8, RGB) taken at ``time_s``, in the order they came."""
        found = self._follower.look(image, time_s)
        self._followed = [one for one in self._followed if time_s - one.seen_s <= _FORGOTTEN_S]
        chosen = sorted(found, key=self._prominence, reverse=True)[:MOST_FACES]
        self.left_out = len(found) - len(chosen)
        faces = [(self._same(one, time_s), one) for one in chosen]
        faces.sort(key=lambda pair: pair[0].id)
        judged = [pair for pair in faces if pair[1].size >= _SMALLEST]
        self._take(0.0)
        if judged and self._may_score(time_s):
            self._asked_s = time_s
            due = [pair for pair in judged if time_s - pair[0].glanced_s >= _GLANCE_S]
            for followed, _ in due:
                followed.glanced_s = time_s
            self._under_way = self._pool.submit(self._score, image, time_s, judged, due)
            self._take(self._patience_s if self._took_s <= self._patience_s else 0.0)
        fit = {followed.id for followed, _ in judged}
        return [
            LiveFace(one.id, one.box, one.verdict if one.id in fit else _TOO_SMALL)
            for one, _ in faces
        ]

    def _prominence(self, detection: Detection) -> float:
        """Its size in pixels. Of several people of one size the same go on being watched."""
        known = any(overlap(one.box, detection.box) >= _OVERLAP for one in self._followed)
        return detection.size * (_KNOWN if known else 1.0)

    def _same(self, detection: Detection, time_s: float) -> Followed:
        """The face at that place a moment ago, or a new one."""
        free = [one for one in self._followed if one.seen_s < time_s]
        best = max(free, key=lambda one: overlap(one.box, detection.box), default=None)
        if best is None or overlap(best.box, detection.box) < _OVERLAP:
            best = Followed(self._next, detection.box, time_s)
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
        time_s: float,
        faces: list[tuple[Followed, Detection]],
        due: list[tuple[Followed, Detection]],
    ) -> _Look:
        """In the thread beside: nothing of a followed face is changed here."""
        start, spec = time.monotonic(), self._manifest.crop
        crops = [
            align(image, one.landmarks, size=spec.size, margin=spec.margin) for _, one in faces
        ]
        scores = self._engine.scorer.score_crops(np.stack([crop.image for crop in crops]))
        took_s = time.monotonic() - start
        scored = [
            Scored.of(crop, scores, row, keep_picture=False) for row, crop in enumerate(crops)
        ]
        frames = [
            (followed, frame_evidence(seen, one, covering(image, seen.box)), one.features)
            for (followed, seen), one in zip(faces, scored, strict=True)
        ]
        turned = self._engine.detector.turned([(image, one) for _, one in due]) if due else []
        glances = [(followed, lies) for (followed, _), lies in zip(due, turned, strict=True)]
        return _Look(time_s, frames, glances, took_s)

    def _take(self, patience_s: float) -> None:
        """Note the scores that have come in."""
        if self._under_way is None:
            return
        if not wait([self._under_way], patience_s).done:
            return
        look, self._under_way = self._under_way.result(), None
        self.looks += 1
        self._took_s = look.took_s
        # One crop is scored on a core's share of its own, several take all there are.
        if self._spare and (len(look.frames) > 1 or os.cpu_count() == 1):
            self._rests_until = time.monotonic() + look.took_s
        for followed, turned in look.glances:
            followed.glanced(turned)
        for followed, frame, features in look.frames:
            followed.scored(look.time_s, frame, features)
            followed.judge(self._engine.scorer, self._thresholds)


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
    thresholds = analyser.request.thresholds or analyser.package.manifest.thresholds
    return LiveView(engine, thresholds, patience_s=patience_s, spare=spare)


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
