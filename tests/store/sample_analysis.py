"""An analysis without analysing. A module, so that other processes can import it too."""

from __future__ import annotations

import hashlib

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

MODEL_SHA256 = "b" * 64


def sample(
    name: str = "clip.mp4",
    *,
    content: str | None = None,
    label: str = "manipulated",
    probability: float | None = 0.9,
    unmask: str = "0.1.0",
) -> Analysis:
    verdict = Verdict(label=label, probability=probability, reasons=("above-threshold",))
    frame = FaceFrame(
        time_s=1 / 3,
        box=(10.25, 20.5, 130.0, 140.125),
        detector_score=0.999,
        landmarks=((40, 60), (90, 60), (65, 85), (45, 110), (85, 110)),
        size_px=119.625,
        sharpness=7.0,
        score=0.1 + 0.2,
    )
    return Analysis(
        unmask=unmask,
        media=MediaInfo(
            name=name,
            sha256=hashlib.sha256((content or name).encode()).hexdigest(),
            bytes=1000,
            kind="video",
            container="mp4",
            codec="h264",
            width=640,
            height=480,
            rotation=90,
            duration_s=10.0,
            frame_rate="30000/1001",
            frames_decoded=32,
            frames_damaged=0,
            has_audio=True,
        ),
        model=ModelRef(name="tiny", version="1", sha256=MODEL_SHA256),
        options=AnalysisOptions(
            clips=4,
            frames_per_clip=8,
            min_face_px=40,
            max_faces=8,
            device="cpu",
            runtime="openvino",
            precision="f32",
            thresholds=Thresholds(low=0.3, high=0.8),
            default_thresholds=True,
        ),
        verdict=verdict,
        faces=(
            Face(
                id=0,
                first_s=0.0,
                last_s=9.5,
                verdict=verdict,
                best_box=frame.box,
                frames=(frame,),
                clips=(FaceClip(first_s=0.0, last_s=1.0, score=0.875, temporal_score=0.75),),
            ),
        ),
        warnings=(Notice(code="note", message="Grüße, 世界 🎬"),),
        timings_s={"decode": 0.5},
    )
