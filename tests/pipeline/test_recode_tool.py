"""``tools/recode.py``, and what a scan says of films that were saved coarsely."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import pytest
from films import animated, film, panning, picture, speaking

from unmask.pipeline import Analyser

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import recode


@pytest.fixture(scope="module")
def panned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("films") / "pan.mp4", panning(), frames=40)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("films") / "speak.mp4", speaking(), frames=40)


QUICK = {
    "h264": {"preset": "ultrafast"},
    "hevc": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "vp9": {"b": "0", "deadline": "realtime", "cpu-used": "8"},
    "av1": {"preset": "12"},
}


def saved(source: Path, target: Path, crf: int, *, scale: float = 1.0, codec: str = "h264") -> Path:
    coder = recode.CODERS[codec]._replace(options=QUICK[codec])
    if coder.name not in av.codecs_available:
        pytest.skip(f"this build of FFmpeg has no encoder {coder.name}")
    assert recode.save(source, target, coder, crf=crf, scale=scale)
    return target


def test_every_frame_is_saved(panned: Path, tmp_path: Path) -> None:
    moving = animated(tmp_path / "moving.webp", panning(), frames=12)
    for source, frames in ((panned, 40), (moving, 12)):
        half = saved(source, tmp_path / f"{source.stem}.mp4", 20, scale=0.5)
        with av.open(str(half)) as container:
            shown = [(frame.width, frame.height, frame.time) for frame in container.decode(video=0)]
        assert len(shown) == frames
        assert shown[0][:2] == (224, 192)
        step = (shown[-1][2] or 0) / (frames - 1)
        assert step == pytest.approx(0.04 if source == panned else 0.08, rel=0.02)


def test_a_picture_is_no_film(tmp_path: Path) -> None:
    target = tmp_path / "none.mp4"
    coder = recode.CODERS["h264"]
    assert not recode.save(picture(tmp_path / "p.png"), target, coder, crf=35, scale=1.0)
    assert not target.exists()


@pytest.mark.parametrize(("codec", "crf"), [("h264", 40), ("hevc", 42), ("vp9", 60), ("av1", 63)])
def test_what_is_saved_coarsely_is_not_cleared(
    analyser: Analyser, spoken: Path, tmp_path: Path, codec: str, crf: int
) -> None:
    path = tmp_path / f"coarse{recode.CODERS[codec].suffix}"
    coarse = analyser.analyse(saved(spoken, path, crf, codec=codec))
    told = [frame.quantiser for face in coarse.faces for frame in face.frames]
    assert told
    assert all(one is not None and one <= 51 for one in told)
    assert 2 * sum((one or 0) >= 33 for one in told) >= len(told)
    assert coarse.verdict.label == "inconclusive"
    assert coarse.verdict.reasons[-1] == "too-compressed"


@pytest.mark.parametrize(("codec", "crf"), [("h264", 23), ("hevc", 28), ("vp9", 33), ("av1", 35)])
def test_what_is_saved_as_usual_is(
    analyser: Analyser, panned: Path, tmp_path: Path, codec: str, crf: int
) -> None:
    """At what each encoder takes unless told, or nearly."""
    path = tmp_path / f"usual{recode.CODERS[codec].suffix}"
    usual = analyser.analyse(saved(panned, path, crf, codec=codec))
    told = [frame.quantiser for face in usual.faces for frame in face.frames]
    assert told
    assert all(one is not None and one < 33 for one in told)
    assert "too-compressed" not in usual.verdict.reasons
