"""What a scan says of pictures that were saved coarsely."""

from __future__ import annotations

from pathlib import Path

import pytest
from films import WHOLE
from PIL import Image

from unmask.core.analysis import Analysis, Thresholds
from unmask.pipeline import Analyser, AnalysisRequest


@pytest.fixture(scope="module")
def lenient(tiny_model: Path) -> Analyser:
    """Which clears whatever may be cleared."""
    request = AnalysisRequest(thresholds=Thresholds(low=1.0, high=1.0))
    return Analyser(tiny_model, options=request, device="cpu", precision="f32")


def scanned(analyser: Analyser, path: Path, quality: int) -> Analysis:
    Image.fromarray(WHOLE).save(path, quality=quality)
    return analyser.analyse(path)


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.heic", "a.avif"])
def test_they_are_not_cleared_and_say_why(lenient: Analyser, tmp_path: Path, name: str) -> None:
    """As the same picture does not that was saved as pictures usually are."""
    fine, coarse = (scanned(lenient, tmp_path / name, quality) for quality in (80, 10))
    (before,), (after,) = fine.faces[0].frames, coarse.faces[0].frames
    assert before.quantiser is not None
    assert after.quantiser is not None
    assert before.quantiser < 28 < 33 <= after.quantiser
    assert "too-compressed" not in fine.verdict.reasons
    assert coarse.verdict.label == "inconclusive"
    assert "too-compressed" in coarse.verdict.reasons


@pytest.mark.parametrize(("side", "told"), [(512, True), (400, False)])
def test_a_fine_copy_tells_unless_it_was_scaled(
    lenient: Analyser, tmp_path: Path, side: int, told: bool
) -> None:
    Image.fromarray(WHOLE).save(tmp_path / "coarse.jpg", quality=10)
    with Image.open(tmp_path / "coarse.jpg") as coarse:
        coarse.resize((side, side)).save(tmp_path / "copy.jpg", quality=95)
    copy = lenient.analyse(tmp_path / "copy.jpg")
    assert ("too-compressed" in copy.verdict.reasons) == told
