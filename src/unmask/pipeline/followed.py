"""One face of a camera: what was seen of it in the last seconds, judged as a scan would."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from unmask.core.analysis import HIDING, Pixels, Thresholds, Verdict
from unmask.scoring import Scorer
from unmask.verdict import (
    REASONS,
    ClipEvidence,
    FaceEvidence,
    FrameEvidence,
    QualityFloor,
    judge_face,
)

_FRAMES, _SPAN_S = 32, 10.0  # the latest scored ones, judged as those of a film, and how old
_KEPT = 4  # however old: a machine that is very slow has a score all the same
_GLANCES = 3  # at which way up a face is, the latest
_TURNED = "face-turned"


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    time_s: float
    frame: FrameEvidence
    features: NDArray[np.float32]


@dataclass(slots=True)
class Followed:
    """A face from frame to frame. ``box`` in pixels of the latest one, ``seen_s`` when it was."""

    id: int
    box: Pixels
    seen_s: float
    verdict: Verdict | None = None
    """As of a film of the last seconds; None until there is enough of it."""
    glanced_s: float = -np.inf
    _seen: deque[_Seen] = field(default_factory=lambda: deque(maxlen=_FRAMES))
    _glances: deque[bool] = field(default_factory=lambda: deque(maxlen=_GLANCES))

    def glanced(self, turned: bool) -> None:
        """Note whether it lay on its side or upside down at a glance."""
        self._glances.append(turned)

    def scored(self, time_s: float, frame: FrameEvidence, features: NDArray[np.float32]) -> None:
        """Note a frame taken at ``time_s`` with its features D."""
        self._seen.append(_Seen(time_s, frame, features))
        while len(self._seen) > _KEPT and time_s - self._seen[0].time_s > _SPAN_S:
            self._seen.popleft()

    def judge(self, scorer: Scorer, thresholds: Thresholds) -> None:
        """Set :attr:`verdict`: a scan's of these frames, and at once what is in the way just now.

        While a face is not upright what is seen of it says nothing later either, and is forgotten.
        """
        manifest = scorer.package.manifest
        judged = partial(
            judge_face, calibration=manifest.calibration, thresholds=thresholds, kind="video"
        )
        length = manifest.clip.frames
        least = QualityFloor(frames=(length + 1) // 2)  # as a clip of a film must have
        whole = judged(self._evidence(scorer), floor=least, pooling=manifest.pooling)
        if _TURNED in whole.reasons:
            self.verdict = whole
            self._seen.clear()
            return
        # As a clip is left out of a film where most of its frames are not fit to be judged. How
        # high it would score is not asked, so its cells need not be laid over each other.
        latest = tuple(seen.frame for seen in self._seen)[-length:]
        half = QualityFloor(frames=(len(latest) + 1) // 2)
        self.verdict = _together(whole, judged(FaceEvidence(latest, clips=()), floor=half))

    def _evidence(self, scorer: Scorer) -> FaceEvidence:
        length, count = scorer.package.manifest.clip.frames, len(self._seen)
        clips: tuple[ClipEvidence, ...] = ()
        latest = [seen.features for seen in self._seen][-length:]
        if len(latest) >= max(2, (length + 1) // 2):
            logit = float(scorer.score_clips([np.stack(latest)])[0])
            clips = (ClipEvidence(logit, tuple(range(count - len(latest), count))),)
        return FaceEvidence(tuple(seen.frame for seen in self._seen), clips, tuple(self._glances))


def _together(whole: Verdict, now: Verdict) -> Verdict | None:
    """The verdict on the last seconds with what is in the way at this moment; None for too little.

    In a film a second is little; who watches a camera sees the score beside a face that has just
    been covered.
    """
    if now.probability is None:
        return Verdict(label=now.label, probability=None, reasons=_but_too_few(now))
    if whole.probability is None:
        return None
    new = set(now.reasons).intersection(HIDING).difference(whole.reasons)
    if not new or whole.label == "manipulated":
        return whole
    said = new.union(whole.reasons) - {"below-threshold"}
    reasons = tuple(code for code in REASONS if code in said)
    return Verdict(label="inconclusive", probability=whole.probability, reasons=reasons)


def _but_too_few(verdict: Verdict) -> tuple[str, ...]:
    """Of a film there may be too few frames. Of a camera there are more in a moment."""
    return tuple(code for code in verdict.reasons if code != "too-few-frames")
