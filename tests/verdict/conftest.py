"""A calibration and thresholds with round numbers, and evidence that is easy to write down."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from unmask.core.analysis import Thresholds
from unmask.runtime.package import Calibration
from unmask.verdict import ClipEvidence, FaceEvidence, FrameEvidence

MakeFace = Callable[..., FaceEvidence]


@pytest.fixture(scope="session")
def calibration() -> Calibration:
    return Calibration(
        frame_scale=1.0,
        frame_offset=0.0,
        clip_scale=1.0,
        clip_offset=0.0,
        face_scale=2.0,
        face_offset=-0.5,
        frame_weight=0.5,
    )


@pytest.fixture(scope="session")
def thresholds() -> Thresholds:
    return Thresholds(low=0.3, high=0.8)


@pytest.fixture(scope="session")
def make_face() -> MakeFace:
    def make(
        frames: Sequence[float], clips: Sequence[float] = (), **quality: float
    ) -> FaceEvidence:
        good = {"size_px": 120.0, "sharpness": 8.0, "grain": 0.6}
        good |= {"detector_score": 0.99, "inside": 1.0}
        seen = tuple(FrameEvidence(logit=logit, **(good | quality)) for logit in frames)
        every = tuple(range(len(frames)))
        return FaceEvidence(seen, tuple(ClipEvidence(logit, every) for logit in clips))

    return make
