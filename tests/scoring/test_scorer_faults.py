"""A graph that does not keep its manifest's word never gives a score."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from tiny_model import SIZE

from unmask.core.errors import ModelInvalid
from unmask.runtime import ModelPackage, SessionOptions
from unmask.scoring import Scorer

CROP = np.zeros((1, SIZE, SIZE, 3), np.uint8)
OPTIONS = SessionOptions(device="cpu", precision="f32", cache=False)


@pytest.fixture
def package(tmp_path: Path, tiny_model: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "tiny"))


def test_not_a_number_is_no_score(package: Path) -> None:
    graph = onnx.load(package / "backbone.onnx")
    for tensor in graph.graph.initializer:
        if tensor.name == "bias":
            tensor.CopyFrom(numpy_helper.from_array(np.array([np.nan], np.float32), "bias"))
    onnx.save(graph, package / "backbone.onnx")
    with pytest.raises(ModelInvalid, match="no numbers"):
        Scorer(ModelPackage.load(package), OPTIONS).score_crops(CROP)


@pytest.mark.parametrize(("field", "named"), [("feature_size", "features"), ("map_size", "maps")])
def test_another_shape_than_promised(package: Path, field: str, named: str) -> None:
    path = package / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: 5}))
    with pytest.raises(ModelInvalid, match=f"for {named}, its manifest says"):
        Scorer(ModelPackage.load(package), OPTIONS).score_crops(CROP)


def test_cells_that_the_manifest_pools_by_are_absent(package: Path) -> None:
    path = package / "model.json"
    pooling = {"pooling": {"share": 0.7, "sharpness": 2}}
    path.write_text(json.dumps(json.loads(path.read_text()) | pooling))
    with pytest.raises(ModelInvalid, match="nothing for cells"):
        Scorer(ModelPackage.load(package), OPTIONS).score_crops(CROP)


def test_an_output_that_is_absent(package: Path) -> None:
    shutil.copy(package / "temporal.onnx", package / "other.onnx")
    graph = onnx.load(package / "backbone.onnx")
    del graph.graph.output[-1]
    onnx.save(graph, package / "backbone.onnx")
    with pytest.raises(ModelInvalid, match="nothing for maps"):
        Scorer(ModelPackage.load(package), OPTIONS).score_crops(CROP)


def test_one_score_for_a_whole_batch(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a graph that takes the mean of what it is given."""
    monkeypatch.setattr("unmask.scoring.scorer._MOST_STREAMS", 1)
    scorer = Scorer(ModelPackage.load(package), OPTIONS)
    scorer._batch = 4  # as a GPU has
    run = scorer._backbone.run
    monkeypatch.setattr(
        scorer._backbone,
        "run",
        lambda feeds: {name: one.mean(0, keepdims=True) for name, one in run(feeds).items()},
    )
    with pytest.raises(ModelInvalid, match="its manifest says"):
        scorer.score_crops(np.repeat(CROP, 4, axis=0))
