"""A graph before and after it is quantised: folding, what is rounded, how weights are kept."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from unmask.core.errors import ModelInvalid

_WIDE = 16  # channels in and out from which a convolution is worth rounding


def folded(path: Path) -> onnx.ModelProto:
    """The graph with batch norms inside the convolutions, whose ranges are to be measured."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "folded.onnx")
        try:
            onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its classes have no common public base
            raise ModelInvalid(f"{path} cannot be read: {error}") from error
        graph = onnx.load(options.optimized_model_filepath)
    # It states every set of operators that it knows. Only ONNX's own is used at this level.
    own = [one for one in graph.opset_import if one.domain == ""]
    del graph.opset_import[:]
    graph.opset_import.extend(own)
    return graph


def wide_convolutions(model: onnx.ModelProto) -> set[str]:
    """Names of the convolutions that mix many channels: not depthwise, not the first, no heads."""
    shapes = {tensor.name: tensor.dims for tensor in model.graph.initializer}
    return {
        node.name
        for node in model.graph.node
        if node.op_type == "Conv"
        and node.input[1] in shapes
        and _groups(node) == 1
        and min(shapes[node.input[1]][:2]) >= _WIDE
    }


def _groups(node: onnx.NodeProto) -> int:
    return next((one.i for one in node.attribute if one.name == "group"), 1)


def round_as_loading(model: onnx.ModelProto) -> None:
    """Keep the rounded weights as floats that loading rounds again, to the same integers.

    OpenVINO (2026.4) answers nonsense, and no error, where weights are kept as integers and a
    graph runs in several streams; this form it reads as it should (docs/decisions.md).
    """
    integers = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in integers:
            nodes.append(_rounding(model, node, integers))
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _rounding(
    model: onnx.ModelProto, node: onnx.NodeProto, integers: dict[str, onnx.TensorProto]
) -> onnx.NodeProto:
    name, scale, zero = node.input
    steps = numpy_helper.to_array(integers[scale]).astype(np.float32)
    weights = numpy_helper.to_array(integers[name]).astype(np.float32)
    floats = weights * steps.reshape(-1, *(1,) * (weights.ndim - 1))
    model.graph.initializer.remove(integers[name])
    model.graph.initializer.append(numpy_helper.from_array(floats, f"{name}.float"))
    return helper.make_node("QuantizeLinear", [f"{name}.float", scale, zero], [name], axis=0)
