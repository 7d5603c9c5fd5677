"""Pure arithmetic from scores to a calibrated verdict, or to an abstention that says why."""

from unmask.verdict.calibration import (
    clip_probability,
    face_probability,
    frame_probability,
    pooled_logit,
    sigmoid,
)
from unmask.verdict.face import clips_alone, judge_face, lasting_traces
from unmask.verdict.file import correct_for_faces, judge_file
from unmask.verdict.persistence import frames_logit
from unmask.verdict.quality import (
    ClipEvidence,
    FaceEvidence,
    FrameEvidence,
    QualityFloor,
)
from unmask.verdict.reasons import REASONS, explain

__all__ = [
    "REASONS",
    "ClipEvidence",
    "FaceEvidence",
    "FrameEvidence",
    "QualityFloor",
    "clip_probability",
    "clips_alone",
    "correct_for_faces",
    "explain",
    "face_probability",
    "frame_probability",
    "frames_logit",
    "judge_face",
    "judge_file",
    "lasting_traces",
    "pooled_logit",
    "sigmoid",
]
