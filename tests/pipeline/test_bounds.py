"""What the worst inputs cost. Run in a process of their own, whose peak memory is theirs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from films import WHOLE, film, panning
from PIL import Image as Pillow

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the peak is read where Linux states it"
)

CODE = """
import json, sys
from pathlib import Path
from unmask.pipeline import Analyser, AnalysisRequest
analyser = Analyser(sys.argv[2], device="cpu", options=AnalysisRequest(**json.loads(sys.argv[3])))
analysis = analyser.analyse(sys.argv[1])
# Not ru_maxrss: a process inherits that from the one that started it.
peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({"peak": peak, "faces": len(analysis.faces),
                  "scored": sum(f.score is not None for a in analysis.faces for f in a.frames),
                  "label": analysis.verdict.label,
                  "warnings": [notice.code for notice in analysis.warnings]}))
"""


def measured(path: Path, model: Path, **options: int) -> dict[str, object]:
    arguments = [sys.executable, "-c", CODE, str(path), str(model), json.dumps(options)]
    answer = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    result: dict[str, object] = json.loads(answer.stdout)
    return result


def crowd(faces: int, across: int, side: int = 40) -> np.ndarray:
    """A grid of the astronaut's face."""
    head = np.asarray(Pillow.fromarray(WHOLE[30:210, 130:310]).resize((side, side)))
    rows = [np.concatenate([head] * across, axis=1)] * (faces // across)
    return np.concatenate(rows)


def test_a_crowd_is_bounded_by_the_faces_asked_for(tmp_path: Path, tiny_model: Path) -> None:
    path = tmp_path / "crowd.png"
    Pillow.fromarray(crowd(1000, 50)).save(path)  # 2000×800
    result = measured(path, tiny_model, min_face=20, max_faces=5)
    assert result["faces"] == 5
    assert result["scored"] == 5
    assert result["warnings"] == ["faces-left-out"]
    assert result["peak"] < 900


def test_a_large_webp_costs_what_a_jpeg_does(tmp_path: Path, tiny_model: Path) -> None:
    """Pillow would read it as an animation, with three frames of four bytes a pixel beside it."""
    plain = Pillow.new("RGB", (6000, 6000), (120, 90, 60))
    peaks = []
    for name in ("a.jpg", "a.webp"):
        plain.save(tmp_path / name, quality=50, method=0)
        peaks.append(measured(tmp_path / name, tiny_model, min_face=2000)["peak"])
    jpeg, webp = peaks
    assert isinstance(jpeg, float)
    assert isinstance(webp, float)
    assert webp < jpeg + 100  # MB; was 260 more


@pytest.mark.slow
def test_five_thousand_faces(tmp_path: Path, tiny_model: Path) -> None:
    path = tmp_path / "stadium.png"
    Pillow.fromarray(crowd(5000, 100)).save(path)  # 4000×2000
    result = measured(path, tiny_model, min_face=16, max_faces=20)
    assert result["faces"] == 20
    assert result["peak"] < 900


def test_an_8k_picture(tmp_path: Path, tiny_model: Path) -> None:
    path = tmp_path / "large.jpg"
    Pillow.fromarray(WHOLE).resize((7680, 4320), Pillow.Resampling.BICUBIC).save(path)
    result = measured(path, tiny_model)
    assert result["faces"] == 1
    assert result["peak"] < 900


@pytest.mark.slow
def test_many_windows_cost_no_more_than_few(tmp_path: Path, tiny_model: Path) -> None:
    path = film(tmp_path / "long.mp4", panning(), frames=1500)
    few, many = (measured(path, tiny_model, clips=clips)["peak"] for clips in (4, 100))
    assert many < few + 60  # type: ignore[operator]
