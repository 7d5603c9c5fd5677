"""Analyses and pictures for reports, without analysing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from unmask.core.analysis import (
    Analysis,
    AnalysisOptions,
    Face,
    FaceClip,
    FaceFrame,
    MediaInfo,
    ModelRef,
    Notice,
    Thresholds,
    Verdict,
)
from unmask.evidence import KeyFace, KeyFrame, Pictures, Report, analysed, exported, received
from unmask.runtime.package import Manifest
from unmask.verdict import REASONS

SHA256 = "ab" * 32
WHEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def frame(time_s: float, score: float | None = 0.7) -> FaceFrame:
    return FaceFrame(
        time_s=time_s,
        box=(10.4, 20.0, 70.0, 90.0),
        detector_score=0.998,
        landmarks=((25, 45), (50, 45), (38, 60), (28, 75), (50, 75)),
        size_px=59.6,
        sharpness=6.54,
        grain=0.58,
        score=score,
    )


def face(number: int = 0, probability: float | None = 0.9, frames: int = 4) -> Face:
    label = "inconclusive" if probability is None else "manipulated"
    return Face(
        id=number,
        first_s=1.0,
        last_s=1.0 + 0.25 * (frames - 1),
        verdict=Verdict(label=label, probability=probability, reasons=("above-threshold",)),
        best_box=(10.4, 20.0, 70.0, 90.0),
        frames=tuple(frame(1.0 + 0.25 * i, 0.1 + 0.8 * i / max(1, frames)) for i in range(frames)),
        clips=(
            FaceClip(
                first_s=1.0, last_s=1.0 + 0.25 * (frames - 1), score=0.875, temporal_score=0.75
            ),
        ),
    )


def analysis(
    name: str = "clip.mp4", faces: tuple[Face, ...] | None = None, **media: Any
) -> Analysis:
    faces = (face(),) if faces is None else faces
    verdict = (
        faces[0].verdict
        if faces
        else Verdict(label="no-face", probability=None, reasons=("no-face-found",))
    )
    facts = {
        "name": name,
        "sha256": SHA256,
        "bytes": 1_234_567,
        "kind": "video",
        "container": "mp4",
        "codec": "h264",
        "width": 160,
        "height": 120,
        "rotation": 90,
        "duration_s": 12.5,
        "frame_rate": "30000/1001",
        "frames_decoded": 40,
        "frames_damaged": 3,
        "has_audio": True,
    }
    return Analysis(
        unmask="0.1.0",
        media=MediaInfo(**{**facts, **media}),
        model=ModelRef(name="tiny", version="0.1", sha256="cd" * 32),
        options=AnalysisOptions(
            clips=4,
            frames_per_clip=8,
            min_face_px=40,
            max_faces=8,
            device="cpu",
            runtime="openvino",
            precision="f32",
            thresholds=Thresholds(low=0.35, high=0.75),
            default_thresholds=False,
        ),
        verdict=verdict,
        faces=faces,
        warnings=(Notice(code="damaged", message="3 packets could not be decoded."),),
        timings_s={},
    )


def manifest(real: int = 117, manipulated: int = 240) -> Manifest:
    return Manifest.model_validate(
        {
            "schema": "unmask.model/1",
            "name": "tiny",
            "version": "0.1",
            "architecture": "one convolution, one LSTM",
            "licence": "Apache-2.0",
            "feature_size": 8,
            "map_size": 4,
            "crop": {"size": 64, "margin": 1.3},
            "clip": {"frames": 4, "step_s": 0.1},
            "calibration": {
                "frame_scale": 1.0,
                "frame_offset": 0.0,
                "clip_scale": 1.0,
                "clip_offset": 0.0,
                "face_scale": 1.0,
                "face_offset": 0.0,
                "frame_weight": 0.5,
            },
            "thresholds": {"low": 0.5, "high": 0.8},
            "training": {
                "recipe": "none",
                "seed": 0,
                "seconds": 0.0,
                "machine": "none",
                "data": [
                    {"name": "Portraits", "licence": "CC0", "count": 4508, "unit": "pictures"}
                ],
            },
            "metrics": {
                "calibration clips": {"real": real, "manipulated": manipulated, "auc": 0.9312}
            },
            "files": {"backbone.onnx": "0" * 64, "temporal.onnx": "1" * 64},
        }
    )


def pictures(whole: Analysis) -> Pictures:
    """A grey frame of the right size at the first face's first time, and its face."""
    at = whole.faces[0].frames[0].time_s
    image = np.full((whole.media.height, whole.media.width, 3), 120, np.uint8)
    crop = np.full((64, 64, 3), 90, np.uint8)
    heat = np.zeros((4, 4), np.float32)
    heat[1, 1] = 6.0
    matrix = np.array([[1.0, 0.0, -10.0], [0.0, 1.0, -20.0]])
    key = KeyFace(whole.faces[0].id, at, crop, heat, matrix, 0.7)
    return Pictures((KeyFrame(at, image, 1.0),), (key,))


def report(whole: Analysis | None = None, **fields: Any) -> Report:
    whole = analysis() if whole is None else whole
    given: dict[str, Any] = {
        "manifest": manifest(),
        "pictures": pictures(whole) if whole.faces else Pictures.none("No face was scored."),
        "custody": (
            received(SHA256, WHEN, note="uploaded"),
            analysed(whole, WHEN),
            exported(whole, at=WHEN, note="as PDF"),
        ),
        "created_at": WHEN,
        "id": "0123456789abcdef0123",
    }
    return Report(whole, REASONS, **{**given, **fields})
