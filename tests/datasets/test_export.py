"""DeepfakeBench's JSON out, and in again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trees
from trees import grow, read

from unmask.core.errors import DataError
from unmask.datasets.export import export_deepfakebench


def test_what_was_read_is_written_alike(tmp_path: Path) -> None:
    first = read(trees.deepfakebench(tmp_path))
    for path in (tmp_path / "dataset_json").iterdir():
        path.unlink()
    export_deepfakebench(first, tmp_path)
    again = read(tmp_path)
    assert again.samples == first.samples


def test_levels_and_labels_of_faceforensics(tmp_path: Path) -> None:
    base = "manipulated_sequences/NeuralTextures/c40/frames/953_974"
    real = "original_sequences/youtube/c40/frames/953"
    grow(tmp_path, f"{base}/10.png", f"{base}/9.png", f"{real}/0.png")
    index = read(tmp_path, partial=True)
    (path,) = export_deepfakebench(index, tmp_path / "json")
    assert path.name == "FaceForensics++.json"
    document = json.loads(path.read_text())["FaceForensics++"]
    assert document["FF-NT"]["test"]["c40"]["953_974"] == {
        "label": "FF-NT",
        "frames": [f"{base}/9.png", f"{base}/10.png"],
    }
    assert list(document["FF-real"]["test"]["c40"]) == ["953"]
    assert document["FF-NT"]["train"] == {}


def test_videos_of_one_name_stay_apart(tmp_path: Path) -> None:
    grow(tmp_path / "set", "real/a/x/1.png", "real/b/x/1.png", "fake/y/1.png")
    index = read(tmp_path / "set", pictures="frames")
    (path,) = export_deepfakebench(index, tmp_path)
    assert len(json.loads(path.read_text())["folders"]["folders_Real"]["test"]) == 2


def test_videos_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="reads folders of frames, and 5 of 5 samples"):
        export_deepfakebench(read(trees.celebdf(tmp_path)), tmp_path)
