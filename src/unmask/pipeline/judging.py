"""From a face's scored sightings to its record and its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from unmask.core.analysis import Face, FaceClip, FaceFrame, Verdict
from unmask.core.deadline import Deadline
from unmask.core.frames import Covering, Detection, Sighting, Track
from unmask.faces import sameness
from unmask.pipeline.choosing import sightings
from unmask.pipeline.clipping import clips_of
from unmask.pipeline.queueing import Scored
from unmask.runtime.package import Manifest
from unmask.scoring import Scorer
from unmask.verdict import (
    ClipEvidence,
    FaceEvidence,
    FrameEvidence,
    clip_probability,
    clips_alone,
    frame_probability,
    lasting_traces,
)

Clip = tuple[Sighting, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ClipScores:
    """One face's clips and the temporal network's logit for each."""

    clips: tuple[Clip, ...]
    logits: tuple[float, ...]


def score_faces(
    faces: Sequence[Sequence[Track]],
    scored: Mapping[Sighting, Scored],
    scorer: Scorer,
    deadline: Deadline,
) -> list[ClipScores]:
    """Every face's clips through the temporal network, together."""
    length = scorer.package.manifest.clip.frames
    clips = [tuple(clips_of(face, scored, length=length)) for face in faces]
    flat = [np.stack([scored[seen].features for seen in clip]) for one in clips for clip in one]
    logits = scorer.score_clips(flat, deadline=deadline).tolist()
    result = []
    for one in clips:
        result.append(ClipScores(one, tuple(logits[: len(one)])))
        logits = logits[len(one) :]
    return result


def face_evidence(
    face: Sequence[Track],
    scored: Mapping[Sighting, Scored],
    clips: ClipScores,
    turned: Mapping[Sighting, bool],
    covered: Mapping[Sighting, Covering],
    miniatures: Mapping[Sighting, NDArray[np.uint8]],
) -> FaceEvidence:
    """What the verdict is made of. Sightings that were not scored are no evidence."""
    glances = [turned[one] for one in sightings(face) if one in turned]
    seen = [one for one in sightings(face) if one in scored]
    place = {one: index for index, one in enumerate(seen)}
    return FaceEvidence(
        frames=tuple(frame_evidence(one.detection, scored[one], covered[one]) for one in seen),
        clips=tuple(
            ClipEvidence(
                logit=logit,
                frames=tuple(place[one] for one in clip),
                stretch=next(track.window for track in face if clip[0] in track.sightings),
            )
            for clip, logit in zip(clips.clips, clips.logits, strict=True)
        ),
        turned=tuple(glances),
        sameness=sameness([miniatures[one] for one in seen if one in miniatures]),
    )


def frame_evidence(detection: Detection, scored: Scored, covering: Covering) -> FrameEvidence:
    """What one scored frame says of a face, as of a file so of a camera."""
    return FrameEvidence(
        logit=scored.logit,
        size_px=detection.size,
        sharpness=scored.sharpness,
        grain=scored.grain,
        chroma=scored.chroma,
        quantiser=scored.quantiser or 0.0,
        detector_score=detection.score,
        inside=scored.inside,
        strokes=covering.strokes,
        steps=covering.steps,
        gaps=covering.gaps,
        clipped=covering.clipped,
        pattern=covering.pattern,
        see_through=covering.see_through,
        ring=covering.ring,
        covered=scored.covered or 0.0,
        cells=scored.cells,
    )


def face_record(
    number: int,
    face: Sequence[Track],
    scored: Mapping[Sighting, Scored],
    clips: ClipScores,
    manifest: Manifest,
    evidence: FaceEvidence,
    verdict: Verdict,
) -> Face:
    """The face as the document has it. Numbers are rounded, so that equal runs look equal."""
    seen = sightings(face)
    alone = clips_alone(evidence, manifest.calibration, manifest.pooling)
    best = max((one for one in seen if one in scored), key=lambda one: _shown(one, scored[one]))
    return Face(
        id=number,
        first_s=seconds(seen[0].time),
        last_s=seconds(seen[-1].time),
        verdict=rounded(verdict),
        best_box=_box(best),
        frames=tuple(_frame(one, scored.get(one), manifest) for one in seen),
        clips=tuple(
            FaceClip(
                first_s=seconds(clip[0].time),
                last_s=seconds(clip[-1].time),
                score=round(probability, 6),
                temporal_score=round(clip_probability(logit, manifest.calibration), 6),
                stretch=seen.stretch,
                counted=counted,
            )
            for clip, seen, logit, (probability, counted) in zip(
                clips.clips, evidence.clips, clips.logits, alone, strict=True
            )
        ),
        traces=_traces(evidence, manifest),
    )


def _traces(evidence: FaceEvidence, manifest: Manifest) -> tuple[tuple[float, ...], ...] | None:
    found = lasting_traces(evidence, manifest.calibration, manifest.pooling)
    if found is None:
        return None
    return tuple(tuple(round(value, 3) for value in row) for row in found.tolist())


def rounded(verdict: Verdict) -> Verdict:
    """The same verdict with six decimals of probability."""
    if verdict.probability is None:
        return verdict
    return verdict.model_copy(update={"probability": round(verdict.probability, 6)})


def seconds(time: Fraction) -> float:
    """A time as the document has it: to the microsecond."""
    return round(float(time), 6)


def _frame(seen: Sighting, scored: Scored | None, manifest: Manifest) -> FaceFrame:
    landmarks = [(round(float(x), 2), round(float(y), 2)) for x, y in seen.detection.landmarks]
    a, b, c, d, e = landmarks
    return FaceFrame(
        time_s=seconds(seen.time),
        box=_box(seen),
        detector_score=round(seen.detection.score, 6),
        landmarks=(a, b, c, d, e),
        size_px=round(seen.detection.size, 2),
        sharpness=None if scored is None else round(scored.sharpness, 3),
        grain=None if scored is None else round(scored.grain, 3),
        chroma=None if scored is None else round(scored.chroma, 2),
        quantiser=None if scored is None else _tenths(scored.quantiser),
        covered=None if scored is None else _share(scored.covered),
        score=None if scored is None else frame_score(scored, manifest),
    )


def _tenths(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _share(value: float | None) -> float | None:
    """Three digits, and no more than one, which arithmetic of few digits may pass."""
    return None if value is None else round(min(1.0, max(0.0, value)), 3)


def frame_score(scored: Scored, manifest: Manifest) -> float:
    """One frame's calibrated P(manipulated), as the document has it."""
    return round(frame_probability(scored.logit, manifest.calibration), 6)


def _box(seen: Sighting) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (round(float(value), 2) for value in seen.detection.box)
    return x0, y0, x1, y1


def _shown(seen: Sighting, scored: Scored) -> tuple[float, float]:
    """Larger, whole and surely a face; of equals the earlier."""
    return seen.detection.size * seen.detection.score * scored.inside, -float(seen.time)
