"""Weights out of a model package, to fit them further."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

from unmask.core.errors import ModelInvalid
from unmask.models.detector import FrameDetector, TemporalDetector

_FITTING_ONLY = ("cells.bias", "head.bias")
FITTED_LATER = ("places.", "expectation.")
_HALF = ".f16"
_TO_TORCH = (0, 2, 3, 1)  # ONNX keeps an LSTM's gates as i, o, f, c; torch as i, f, c, o


def load_frame_weights(detector: FrameDetector, package: Path) -> list[str]:
    """Take the frame detector's weights from ``package/backbone.onnx``; returns names left fresh.

    Fresh are the two biases, which serve in fitting only and are not exported, and what is usual
    in real crops (:class:`Places`, :class:`Expectation`) in packages that are older than it. Raises
    :class:`ModelInvalid` for another network, or a graph that does not keep its weights' names.
    """
    path = package / "backbone.onnx"
    found = {
        name.removeprefix("detector."): value
        for name, value in _initializers(path).items()
        if name.startswith("detector.")
    }
    if any(name.startswith("covers.") for name in found):
        detector.with_covers()
    report = _load(detector, found, path)
    lacking = [name for name in report if not name.endswith("num_batches_tracked")]
    known = (*_FITTING_ONLY, *FITTED_LATER)
    strange = [name for name in lacking if not name.startswith(known)]
    if strange:
        raise _another(path, f"lacks {strange[0]}")
    return lacking


def read_temporal(package: Path) -> TemporalDetector:
    """The temporal detector of ``package/temporal.onnx``. Raises as :func:`load_frame_weights`."""
    path = package / "temporal.onnx"
    values = _initializers(path)
    nodes = [node for node in _graph(path).node if node.op_type == "LSTM"]
    if len(nodes) != 1 or not {"mean", "scale", "head.weight", "head.bias"} <= values.keys():
        raise _another(path, "is no LSTM of ours")
    weights = {name: values[name] for name in ("mean", "scale", "head.weight", "head.bias")}
    weights |= _lstm(*(values[name].numpy() for name in nodes[0].input[1:4]))
    directions_hidden = weights["head.weight"].shape[1]
    model = TemporalDetector(directions_hidden // 4, len(weights["mean"]))
    if _load(model, weights, path):
        raise _another(path, "has an LSTM of another shape")
    return model


def _lstm(
    w: NDArray[np.float32], r: NDArray[np.float32], b: NDArray[np.float32]
) -> dict[str, Tensor]:
    """ONNX's W 2×4h×D, R 2×4h×h and B 2×8h under torch's names."""
    both = np.split(b, 2, axis=1)
    named = {"weight_ih": w, "weight_hh": r, "bias_ih": both[0], "bias_hh": both[1]}
    return {
        f"lstm.{name}_l0{suffix}": torch.from_numpy(_reordered(value[direction]))
        for name, value in named.items()
        for direction, suffix in enumerate(("", "_reverse"))
    }


def _reordered(gates: NDArray[np.float32]) -> NDArray[np.float32]:
    parts = np.split(gates, 4)
    return np.ascontiguousarray(np.concatenate([parts[i] for i in _TO_TORCH]))


def _graph(path: Path) -> onnx.GraphProto:
    try:
        return onnx.load(path).graph
    except Exception as error:  # protobuf and onnx raise classes without a common base
        raise ModelInvalid(f"{path} is not an ONNX graph: {error}") from error


def _initializers(path: Path) -> dict[str, Tensor]:
    """Float weights by name: halved ones under the name they had before, equal ones under each.

    The exporter keeps one of several equal weights and names the others by an Identity.
    """
    graph = _graph(path)
    found = {
        tensor.name.removesuffix(_HALF): torch.from_numpy(
            numpy_helper.to_array(tensor).astype(np.float32)
        )
        for tensor in graph.initializer
        if tensor.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    }
    equal = [node for node in graph.node if node.op_type == "Identity" and node.input[0] in found]
    return found | {node.output[0]: found[node.input[0]] for node in equal}


def _load(module: torch.nn.Module, weights: dict[str, Tensor], path: Path) -> list[str]:
    """Load and return the names that were missing."""
    try:
        report = module.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise _another(path, "holds weights of other shapes") from error
    if report.unexpected_keys:
        raise _another(path, f"has {report.unexpected_keys[0]} besides")
    return list(report.missing_keys)


def _another(path: Path, why: str) -> ModelInvalid:
    return ModelInvalid(
        f"the weights of {path} cannot be taken over: it {why}",
        hint="start from a package that was made with the same backbone and this version",
    )
