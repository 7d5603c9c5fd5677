"""The graphs of a package answer as torch does, on faces, and their weights can be had back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from unmask.core.errors import ModelInvalid
from unmask.models.backbones import make_trunk
from unmask.models.detector import FrameDetector, FrameGraph, TemporalDetector
from unmask.models.package_weights import load_frame_weights, read_temporal
from unmask.runtime import SessionOptions, open_session

RUNTIMES = ["openvino", "onnxruntime"]


def opened(graph: Path, runtime: Any) -> Any:
    options = SessionOptions(device="cpu", runtime=runtime, precision="f32", cache=False)
    return open_session(graph, options)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_frames_score_as_in_torch(
    networks: tuple[Any, Any], package: Path, crops: NDArray[np.uint8], runtime: str
) -> None:
    """Off by the weights' rounding to half precision, and by nothing else."""
    with torch.no_grad():
        expected = FrameGraph(networks[0]).eval()(torch.from_numpy(crops))
    session = opened(package / "backbone.onnx", runtime)
    for count in (1, len(crops)):
        answers = session.run({"crops": crops[:count]})
        for name, values in zip(("features", "logits", "maps", "cells"), expected, strict=True):
            wanted = values[:count].numpy()
            near = 4e-3 * np.abs(wanted).max()
            np.testing.assert_allclose(answers[name], wanted, atol=near, err_msg=name)


def test_the_map_adds_up_to_the_logit(
    networks: tuple[Any, Any], package: Path, crops: NDArray[np.uint8]
) -> None:
    answers = opened(package / "backbone.onnx", "onnxruntime").run({"crops": crops})
    np.testing.assert_allclose(answers["maps"].mean(axis=(1, 2)), answers["logits"], atol=1e-4)
    assert answers["logits"].min() >= 0


def test_cells_have_the_contrast_that_the_manifest_says(
    networks: tuple[Any, Any], package: Path, crops: NDArray[np.uint8]
) -> None:
    """What pools frames outside of the graph must see what the graph sees in one."""
    answers = opened(package / "backbone.onnx", "onnxruntime").run({"crops": crops})
    cells = answers["cells"].reshape(len(crops), -1)
    np.testing.assert_allclose(cells.mean(axis=1), 0, atol=1e-4)
    shares = np.exp(networks[0].sharpness * cells)
    found = (shares * cells).sum(axis=1) / shares.sum(axis=1)
    np.testing.assert_allclose(found, answers["logits"], atol=1e-3)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(("batch", "frames"), [(1, 1), (2, 5), (3, 11)])
def test_clips_of_any_length_score_as_in_torch(
    networks: tuple[Any, Any], package: Path, runtime: str, batch: int, frames: int
) -> None:
    features = np.random.default_rng(1).normal(0, 1, (batch, frames, 2048)).astype(np.float32)
    with torch.no_grad():
        expected = networks[1](torch.from_numpy(features)).numpy()
    answer = opened(package / "temporal.onnx", runtime).run({"features": features})["logits"]
    assert answer.shape == (batch,)
    np.testing.assert_allclose(answer, expected, atol=2e-3)


def test_weights_are_halved_and_a_package_stays_small(package: Path) -> None:
    size = sum(path.stat().st_size for path in package.iterdir())
    parameters = sum(p.numel() for p in FrameDetector().parameters())
    assert size < 50e6
    assert size < 2.2 * parameters
    weights = onnx.load(package / "backbone.onnx").graph.initializer
    large = [w for w in weights if len(w.dims) > 1 and np.prod(w.dims) >= 1024]
    assert large
    assert {w.data_type for w in large} == {TensorProto.FLOAT16}
    variances = [w for w in weights if w.name.endswith("running_var")]
    assert len(variances) == 40
    assert {w.data_type for w in variances} == {TensorProto.FLOAT}  # may exceed what fp16 holds


def test_a_weight_too_large_for_half_precision_is_refused(
    networks: tuple[Any, Any], tmp_path: Path
) -> None:
    from unmask.models.export import export_temporal

    wild = TemporalDetector(24)
    wild.load_state_dict(networks[1].state_dict())
    with torch.no_grad():
        wild.lstm.weight_ih_l0[0, 0] = 1e6
    with pytest.raises(ModelInvalid, match="half precision"):
        export_temporal(wild, tmp_path / "temporal.onnx", frames=5)
    assert not list(tmp_path.iterdir())


def test_weights_come_back_out_of_a_package(networks: tuple[Any, Any], package: Path) -> None:
    frames = FrameDetector()
    fresh = load_frame_weights(frames, package)
    assert set(fresh) == {"cells.bias", "head.bias"}
    kept = networks[0].state_dict()
    for name, value in frames.state_dict().items():
        if name not in fresh and not name.endswith("num_batches_tracked"):
            torch.testing.assert_close(value, kept[name], atol=1e-6, rtol=1e-3, msg=name)
    temporal = read_temporal(package)
    features = torch.randn(2, 4, 2048)
    with torch.no_grad():
        ours, theirs = temporal.eval()(features), networks[1](features)
    torch.testing.assert_close(ours, theirs, atol=2e-3, rtol=0)


def test_another_backbone_is_refused(package: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"backbone\.onnx cannot be taken over"):
        load_frame_weights(FrameDetector(make_trunk("debug")), package)


def test_a_graph_without_names_is_refused(package: Path, tmp_path: Path) -> None:
    """As one whose batch norms were folded in: nothing is left to go on fitting."""
    graph = onnx.load(package / "backbone.onnx")
    for tensor in graph.graph.initializer:
        if tensor.name.endswith("bn1.running_var"):
            values = numpy_helper.from_array(numpy_helper.to_array(tensor), "onnx::7")
            tensor.CopyFrom(values)
            break
    onnx.save(graph, tmp_path / "backbone.onnx")
    with pytest.raises(ModelInvalid, match="lacks"):
        load_frame_weights(FrameDetector(), tmp_path)


def test_what_is_no_graph_is_refused(package: Path, tmp_path: Path) -> None:
    (tmp_path / "backbone.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelInvalid, match="not an ONNX graph"):
        load_frame_weights(FrameDetector(), tmp_path)
    shutil.copy(package / "backbone.onnx", tmp_path / "temporal.onnx")
    with pytest.raises(ModelInvalid, match="no LSTM of ours"):
        read_temporal(tmp_path)


def test_the_first_export_of_a_process_writes_what_the_second_does(tmp_path: Path) -> None:
    """A package's hash names its weights, whatever was done before they were written."""
    script = """
import sys
from pathlib import Path
from unmask.models.backbones import make_trunk
from unmask.models.detector import FrameDetector
from unmask.models.export import export_backbone
detector = FrameDetector(make_trunk("debug"))
for name in sys.argv[1:]:
    export_backbone(detector, Path(name), size=56)
"""
    first, second = tmp_path / "first.onnx", tmp_path / "second.onnx"
    subprocess.run([sys.executable, "-c", script, str(first), str(second)], check=True)
    assert first.read_bytes() == second.read_bytes()
