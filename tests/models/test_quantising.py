"""Packages in int8. What needs NNCF is skipped where it is not installed."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tiny_model import SIZE, write_tiny_model
from wide_model import write_wide_model

from unmask.cli import main
from unmask.core.errors import ModelInvalid
from unmask.models.agreement import agreement
from unmask.models.halving import halve_weights
from unmask.models.rounding import folded, round_as_loading, wide_convolutions
from unmask.runtime import ModelPackage, SessionOptions, open_session
from unmask.scoring import Scorer

SAMPLES = Path(__file__).parents[2] / "examples" / "samples"
Crops = NDArray[np.uint8]


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> ModelPackage:
    return write_wide_model(tmp_path_factory.mktemp("models") / "wide")


@pytest.fixture(scope="module")
def noise() -> Crops:
    """Sixteen crops, each of another brightness."""
    random = np.random.default_rng(1)
    levels = np.linspace(40, 215, 16)[:, None, None, None]
    return (levels + random.normal(0, 12, (16, SIZE, SIZE, 3))).clip(0, 255).astype(np.uint8)


def scorer(package: ModelPackage) -> Scorer:
    return Scorer(package, SessionOptions(device="cpu", precision="f32", cache=False))


def test_only_what_mixes_many_channels_is_rounded(wide: ModelPackage) -> None:
    assert wide_convolutions(folded(wide.backbone)) == {"across"}


def test_depthwise_convolutions_are_not() -> None:
    weights = numpy_helper.from_array(np.zeros((32, 1, 3, 3), np.float32), "w")
    node = helper.make_node("Conv", ["x", "w"], ["y"], name="depthwise", group=32)
    graph = helper.make_graph([node], "g", [], [], initializer=[weights])
    assert wide_convolutions(helper.make_model(graph)) == set()


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_weights_kept_as_floats_are_rounded_to_the_same_integers(
    tmp_path: Path, runtime: str
) -> None:
    """As integers they would lead OpenVINO astray; the answers are those of the integers."""
    random = np.random.default_rng(2)
    integers = random.integers(-127, 128, (32, 64, 1, 1)).astype(np.int8)
    steps = random.uniform(1e-3, 1e-2, 32).astype(np.float32)
    x = random.normal(size=(1, 64, 3, 3)).astype(np.float32)
    names = ["w", "step", "zero"]
    values = [integers, steps, np.zeros(32, np.int8)]
    graph = helper.make_graph(
        [
            helper.make_node("DequantizeLinear", names, ["floats"], axis=0),
            helper.make_node("Conv", ["x", "floats"], ["y"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 64, 3, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 32, 3, 3])],
        initializer=[numpy_helper.from_array(v, n) for v, n in zip(values, names, strict=True)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    round_as_loading(model)
    halve_weights(model)
    kept = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    assert kept["w.float.f16"] == TensorProto.FLOAT16
    assert "w" not in kept
    path = tmp_path / "graph.onnx"
    onnx.save(model, path)
    options = SessionOptions(device="cpu", precision="f32", runtime=runtime, cache=False)
    found = open_session(path, options).run({"x": x})["y"]
    exact = np.einsum("oi,nihw->nohw", integers[:, :, 0, 0] * steps[:, None], x)
    assert np.abs(found - exact).max() < 1e-4 * np.abs(exact).max()


def test_a_model_agrees_with_itself(wide: ModelPackage, noise: Crops) -> None:
    found = agreement(scorer(wide), scorer(wide), noise)
    assert found == {"correlation": 1.0, "largest difference": 0.0, "compared on crops": 16}


def test_one_that_says_something_else_is_refused(
    wide: ModelPackage, noise: Crops, tmp_path: Path
) -> None:
    other = ModelPackage.load(write_tiny_model(tmp_path / "other"))
    graph = onnx.load(other.backbone)
    kernels = next(each for each in graph.graph.initializer if each.name == "kernels")
    kernels.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(kernels), "kernels"))
    onnx.save(graph, other.backbone)
    with pytest.raises(ModelInvalid, match="no longer says the same"):
        agreement(scorer(wide), scorer(other), noise)


def test_one_that_says_the_same_of_everything_is_refused(
    wide: ModelPackage, noise: Crops, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its correlation is no number, which is below no limit either."""
    mute, said = scorer(wide), scorer(wide).score_crops(noise)
    flat = replace(said, logits=np.zeros_like(said.logits))
    monkeypatch.setattr(mute, "score_crops", lambda crops: flat)
    with np.errstate(invalid="ignore"), pytest.raises(ModelInvalid, match="correlation nan"):
        agreement(scorer(wide), mute, noise)


@pytest.mark.parametrize("frames", [8, 64])
def test_clips_that_say_something_else_are_refused(
    wide: ModelPackage, noise: Crops, monkeypatch: pytest.MonkeyPatch, frames: int
) -> None:
    """Also where all crops together are hardly one clip, or less."""
    own = wide.manifest
    clip = own.clip.model_copy(update={"frames": frames})
    calibration = own.calibration.model_copy(update={"frame_weight": 0.0})
    manifest = own.model_copy(update={"clip": clip, "calibration": calibration})
    before, after = (scorer(ModelPackage(wide.folder, manifest)) for _ in range(2))
    assert agreement(before, after, noise)["correlation"] == 1.0
    monkeypatch.setattr(after, "score_clips", lambda clips: -before.score_clips(clips))
    with pytest.raises(ModelInvalid, match=r"correlation -1\.000"):
        agreement(before, after, noise)


def test_without_nncf_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "nncf", None)
    for module in ("unmask.cli.quantise_work", "unmask.models.quantise"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    code = main(["models", "quantise", "--data", str(SAMPLES), "--out", str(tmp_path / "out")])
    assert code == 2
    assert 'pip install "unmask[int8]"' in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.fixture
def quantise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command, on four copies of a clip."""
    pytest.importorskip("nncf", reason="the extra 'int8' is not installed")
    from unmask.cli import quantise_work

    monkeypatch.setattr(quantise_work, "_LEAST", 16)
    clips = tmp_path / "clips"
    clips.mkdir()
    for number in range(4):
        shutil.copy(SAMPLES / "untouched.mp4", clips / f"{number}.mp4")

    def run(model: Path) -> int:
        arguments = ["--data", str(clips), "--out", str(tmp_path / "out" / "made")]
        return main(["models", "quantise", str(model), *arguments])

    return run


def test_nncf_is_quietened_and_nobody_elses_handler(
    wide: ModelPackage, noise: Crops, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("nncf", reason="the extra 'int8' is not installed")
    from unmask.models.quantise import quantise_backbone

    logger, handler = logging.getLogger("nncf"), logging.NullHandler(logging.DEBUG)
    logger.addHandler(handler)
    before = logger.level
    try:
        quantise_backbone(wide, noise, tmp_path / "int8.onnx")
    finally:
        logger.removeHandler(handler)
    assert (handler.level, logger.level) == (logging.DEBUG, before)
    assert "INFO:nncf" not in capfd.readouterr().out


def test_from_a_model_and_clips_to_a_package_that_verifies(
    quantise: Callable[..., int], wide: ModelPackage, tmp_path: Path, noise: Crops
) -> None:
    assert quantise(wide.folder) == 0
    made = ModelPackage.load(tmp_path / "out" / "made")
    made.verify()
    assert made.manifest.version == "0.1-int8"
    assert made.manifest.calibration == wide.manifest.calibration
    account = made.manifest.metrics["int8"]
    assert account["sha256"] == wide.reference().sha256
    assert account["data"] == "3 files of clips"
    assert "were rounded to int8 by NNCF" in made.card
    assert agreement(scorer(wide), scorer(made), noise)["correlation"] > 0.99
    assert quantise(wide.folder) == 2, "what lies there stays"
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["made"]


def test_a_model_without_such_convolutions_is_refused(
    tiny_model: Path, noise: Crops, tmp_path: Path
) -> None:
    pytest.importorskip("nncf", reason="the extra 'int8' is not installed")
    from unmask.models.quantise import quantise_backbone

    with pytest.raises(ModelInvalid, match="no convolutions worth rounding"):
        quantise_backbone(ModelPackage.load(tiny_model), noise, tmp_path / "graph.onnx")
