"""The verdict on one face."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unmask.core.analysis import HIDING, Thresholds, Verdict
from unmask.runtime.package import Calibration, Pooling
from unmask.verdict.calibration import (
    clip_probability,
    face_probability,
    frame_probability,
    sigmoid,
)
from unmask.verdict.persistence import Cells, frames_logit, lasting_map, median_logit
from unmask.verdict.quality import (
    DEFAULT_FLOOR,
    ClipEvidence,
    FaceEvidence,
    FrameEvidence,
    Kind,
    QualityFloor,
    finest,
)
from unmask.verdict.reasons import REASONS


@dataclass(frozen=True, slots=True)
class _Fit:
    """What passed the quality floor, and what hides traces in half of it.

    ``clip_frames`` are those of each of the clips; ``stretches`` is in how many they lie.
    """

    frames: list[FrameEvidence]
    clips: list[float]
    clip_frames: list[list[FrameEvidence]]
    stretches: int
    hiding: list[str]


def judge_face(
    face: FaceEvidence,
    calibration: Calibration,
    thresholds: Thresholds,
    *,
    kind: Kind,
    pooling: Pooling | None = None,
    floor: QualityFloor = DEFAULT_FLOOR,
) -> Verdict:
    """The face's label, its calibrated probability, and the reasons (codes of ``REASONS``).

    Frames below ``floor`` are left out and the :func:`~unmask.verdict.quality.finest` of the rest
    decide; a clip is left out when more than half of its frames are. With too few frames left, or
    where the face is not upright, it is inconclusive and has no probability: nothing measured it.
    Between the thresholds, where frames contradict what they come to together, or where half of
    the frames are so noisy, so strongly compressed or so grey that little can be found in them, or
    have something over the face that hides a part of it, it is inconclusive and keeps the
    probability, which is what was measured. A face that is still in all that was seen of it is
    one picture, however many frames show it: it is calibrated as one, and ``still-face`` says so.

    Raising any logit never lowers the label (no-manipulation-found < inconclusive < manipulated).
    :class:`ModelInvalid` if a logit that counts is not finite.
    """
    if floor.lies(face):
        return Verdict(label="inconclusive", probability=None, reasons=("face-turned",))
    flaws = _flaws(face, floor)
    fit = _fit(face, flaws, floor)
    needed = floor.needed(kind)
    if len(fit.frames) < needed:
        return Verdict(label="inconclusive", probability=None, reasons=_poor(flaws, needed))
    frames = _together(fit.frames, pooling)
    probability = face_probability(frames, fit.clips, calibration, stretches=fit.stretches)
    remarks = ("still-face",) if floor.still(face) else ()
    if probability >= thresholds.high:
        laid_over = pooling is not None and len(fit.frames) > 1
        speaking = _what_speaks(frames, fit, calibration, thresholds, laid_over=laid_over)
        reasons = ("above-threshold", *speaking, *remarks)
        return Verdict(label="manipulated", probability=probability, reasons=reasons)
    doubts = []
    if probability >= thresholds.low:
        doubts.append("between-thresholds")
    many = max(needed, floor.dissent * len(fit.frames))
    if _high_frames(fit, calibration, thresholds) >= many or _high_stretch(
        fit, calibration, thresholds, pooling
    ):
        doubts.append("frames-disagree")
    doubts += fit.hiding
    if doubts:
        reasons = (*doubts, *remarks)
        return Verdict(label="inconclusive", probability=probability, reasons=reasons)
    reasons = ("below-threshold", *remarks)
    return Verdict(label="no-manipulation-found", probability=probability, reasons=reasons)


def lasting_traces(
    face: FaceEvidence,
    calibration: Calibration,
    pooling: Pooling | None,
) -> Cells | None:
    """Where on the face lies what :func:`judge_face` found to last: s×s calibrated logits.

    Their mean is the face's logit less a constant, as far as its frames make it. None where frames
    are not laid over each other: for want of ``pooling``, or of two frames that pass the floor.
    """
    fit = _fit(face, _flaws(face, DEFAULT_FLOOR), DEFAULT_FLOOR)
    if pooling is None or len(fit.frames) < 2:
        return None
    found = lasting_map([frame.cells for frame in finest(fit.frames)], pooling)
    scale = calibration.frame_scale
    if fit.clips:
        scale = calibration.line(fit.stretches)[0] * calibration.frame_weight
    return np.asarray(found * np.float32(scale), dtype=np.float32)


def clips_alone(
    face: FaceEvidence,
    calibration: Calibration,
    pooling: Pooling | None,
) -> list[tuple[float, bool]]:
    """Of each clip the P(manipulated) that a face seen there alone would have, and if it counts.

    In the order of ``face.clips``. A clip counts in :func:`judge_face` where half of its frames
    pass the floor; by these it is judged here, by all of its frames where none does. A still face
    is judged as a picture in each.
    """
    flaws = _flaws(face, DEFAULT_FLOOR)
    found = []
    for clip in face.clips:
        passed = [index for index in clip.frames if not flaws[index]] or clip.frames
        frames = _together([face.frames[index] for index in passed], pooling)
        logits = [] if DEFAULT_FLOOR.still(face) else [clip.logit]
        probability = face_probability(frames, logits, calibration, stretches=1)
        found.append((probability, _counts(clip, flaws)))
    return found


def _flaws(face: FaceEvidence, floor: QualityFloor) -> list[tuple[str, ...]]:
    """Of each frame what makes it unfit to be judged."""
    return [tuple(floor.flaws(frame)) for frame in face.frames]


def _fit(face: FaceEvidence, flaws: list[tuple[str, ...]], floor: QualityFloor) -> _Fit:
    # Of a still face the clips show no motion, and many frames say what one of them does.
    clips = [] if floor.still(face) else [clip for clip in face.clips if _counts(clip, flaws)]
    frames = [[face.frames[index] for index in clip.frames if not flaws[index]] for clip in clips]
    stretches = len({clip.stretch for clip in clips})
    fit = [frame for frame, bad in zip(face.frames, flaws, strict=True) if not bad]
    many = max(1, len(fit))
    counts = Counter(code for frame in fit for code in floor.hidden_by(frame))
    hiding = [code for code in HIDING if 2 * counts[code] >= many]
    return _Fit(fit, [clip.logit for clip in clips], frames, stretches, hiding)


def _counts(clip: ClipEvidence, flaws: Sequence[tuple[str, ...]]) -> bool:
    """Whether half of its frames are fit to be judged."""
    return 2 * sum(not flaws[index] for index in clip.frames) >= len(clip.frames)


def _poor(flaws: list[tuple[str, ...]], needed: int) -> tuple[str, ...]:
    """What spoilt at least half of the spoilt frames (anything, if nothing did), in table order."""
    spoilt = [bad for bad in flaws if bad]
    counts = Counter(code for bad in spoilt for code in bad)
    main = {code for code, count in counts.items() if 2 * count >= len(spoilt)} or set(counts)
    # Where there were frames enough and each was spoilt, their number is not what is wrong.
    if len(spoilt) < len(flaws) or len(flaws) < needed:
        main.add("too-few-frames")
    return tuple(code for code in REASONS if code in main)


def _what_speaks(
    frames: float,
    fit: _Fit,
    calibration: Calibration,
    thresholds: Thresholds,
    *,
    laid_over: bool,
) -> tuple[str, ...]:
    """Which kinds of evidence would reach the high threshold by themselves.

    ``laid_over``: the frames' logit says what stays in its place in several of them. Clips that
    weigh nothing in the probability are no reason for it.
    """
    codes = []
    if frame_probability(frames, calibration) >= thresholds.high:
        codes.append("frame-artefacts")
    # The same logit in the clips' place: what the face would come to by its frames alone.
    scale, offset = calibration.line(fit.stretches)
    if laid_over and fit.clips and sigmoid(scale * frames + offset) >= thresholds.high:
        codes.append("lasting-traces")
    heard = fit.clips and calibration.frame_weight < 1
    if heard and clip_probability(median_logit(fit.clips), calibration) >= thresholds.high:
        codes.append("temporal-inconsistency")
    return tuple(codes)


def _together(frames: Sequence[FrameEvidence], pooling: Pooling | None) -> float:
    """What frames say together, by the :func:`finest` of them."""
    kept = finest(frames)
    return frames_logit([frame.logit for frame in kept], [frame.cells for frame in kept], pooling)


def _high_stretch(
    fit: _Fit, calibration: Calibration, thresholds: Thresholds, pooling: Pooling | None
) -> bool:
    """Whether the frames of one clip, laid over each other, would accuse it if all said as much.

    What was changed in one part of a shot does not last through all of it. It takes less to doubt
    than to accuse, so this is not what the clip would come to were it all that there is.
    """
    if pooling is None or len(fit.clips) < 2:
        return False
    found = [_together(frames, pooling) for frames in fit.clip_frames if len(frames) > 1]
    scale, offset = calibration.face_scale, calibration.face_offset
    return any(sigmoid(scale * one + offset) >= thresholds.high for one in found)


def _high_frames(fit: _Fit, calibration: Calibration, thresholds: Thresholds) -> int:
    return sum(
        frame_probability(frame.logit, calibration) >= thresholds.high for frame in fit.frames
    )
