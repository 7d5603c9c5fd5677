"""What is exported answers as the torch modules it was exported from."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unmask.core.errors import RuntimeUnavailable
from unmask.runtime import ModelPackage, SessionOptions
from unmask.scoring import Scorer

torch = pytest.importorskip("torch", reason="the extra 'train' is not installed")

SIZE = 96
FRAMES = 4


@pytest.fixture(scope="module")
def modules() -> tuple[Any, Any]:
    """The two networks with random weights."""
    from unmask.models.detector import FrameDetector, TemporalDetector

    torch.manual_seed(1)
    frames = FrameDetector().eval()
    torch.nn.init.normal_(frames.cells.weight)  # as it begins, hardly anything stands out
    return frames, TemporalDetector().eval()


@pytest.fixture(scope="module")
def package(
    modules: tuple[Any, Any], tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> ModelPackage:
    from unmask.models.export import export_backbone, export_temporal

    folder = tmp_path_factory.mktemp("exported")
    export_backbone(modules[0], folder / "backbone.onnx", size=SIZE)
    export_temporal(modules[1], folder / "temporal.onnx", frames=FRAMES)
    shutil.copy(tiny_model / "model.json", folder)
    manifest = json.loads((folder / "model.json").read_text())
    manifest |= {"feature_size": 2048, "map_size": 3, "crop": {"size": SIZE, "margin": 1.3}}
    manifest["pooling"] = {"share": 0.7, "sharpness": modules[0].sharpness}
    manifest["files"] = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.onnx"))
    }
    (folder / "model.json").write_text(json.dumps(manifest))
    return ModelPackage.load(folder)


@pytest.mark.parametrize(
    ("runtime", "precision", "near"),
    [("openvino", "f32", 2e-3), ("openvino", "bf16", 3e-2), ("onnxruntime", "f32", 2e-3)],
)
def test_runtimes_agree_with_torch(
    modules: tuple[Any, Any], package: ModelPackage, runtime: Any, precision: Any, near: float
) -> None:
    """``near`` is relative to the spread of the features; f32 is off by the fp16 weights."""
    try:
        scorer = Scorer(
            package, SessionOptions(device="cpu", runtime=runtime, precision=precision, cache=False)
        )
    except RuntimeUnavailable as error:
        pytest.skip(str(error))
    crops = np.random.default_rng(2).integers(0, 256, (FRAMES, SIZE, SIZE, 3), dtype=np.uint8)
    crops //= np.arange(1, FRAMES + 1, dtype=np.uint8)[:, None, None, None]
    scores = scorer.score_crops(crops)
    with torch.no_grad():
        images = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 127.5 - 1
        features, logits, maps, cells = (value.numpy() for value in modules[0].contrast(images))
        clip = modules[1](torch.from_numpy(scores.features)[None]).numpy()
    for ours, theirs in ((scores.features, features), (scores.maps, maps), (scores.cells, cells)):
        np.testing.assert_allclose(ours, theirs, atol=near * np.abs(theirs).max())
    np.testing.assert_allclose(scores.logits, logits, atol=near * np.abs(maps).max())
    np.testing.assert_allclose(scorer.score_clips([scores.features]), clip, atol=1e-3)
