"""``tools/recode.py``, and what a scan says of films that were saved coarsely."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import pytest
from films import animated, film, panning, picture

from unmask.pipeline import Analyser

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import recode


@pytest.fixture(scope="module")
def panned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("films") / "pan.mp4", panning(), frames=40)


def saved(source: Path, target: Path, crf: int, scale: float = 1.0) -> Path:
    assert recode.save(source, target, crf=crf, scale=scale, preset="ultrafast")
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
    assert not recode.save(picture(tmp_path / "p.png"), target, crf=35, scale=1.0, preset="fast")
    assert not target.exists()


def test_what_is_saved_coarsely_is_not_cleared(
    analyser: Analyser, panned: Path, tmp_path: Path
) -> None:
    fine, coarse = (
        analyser.analyse(path) for path in (panned, saved(panned, tmp_path / "coarse.mp4", 40))
    )
    told = [frame.quantiser for face in coarse.faces for frame in face.frames]
    assert told
    assert all(one is not None and 33 <= one <= 51 for one in told)
    assert all((frame.quantiser or 51) < 33 for face in fine.faces for frame in face.frames)
    assert "too-compressed" not in fine.verdict.reasons
    assert coarse.verdict.label == "inconclusive"
    assert coarse.verdict.reasons[-1] == "too-compressed"
