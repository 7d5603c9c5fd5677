"""From torch modules to the two graphs of a model package."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from unmask.core.errors import ModelInvalid
from unmask.models.detector import FrameDetector, FrameGraph, TemporalDetector
from unmask.models.weights import write_bytes

_OPSET = 17
_WORTH_HALVING = 1024  # numbers in a tensor; below this fp16 saves nothing worth its rounding


def export_backbone(detector: FrameDetector, path: Path, *, size: int) -> None:
    """Write ``backbone.onnx``: ``crops`` uint8 N×S×S×3 → ``features``, ``logits``, ``maps``."""
    example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    names = ["features", "logits", "maps"]
    axes = {name: {0: "n"} for name in ["crops", *names]}
    _export(FrameGraph(detector).eval(), example, path, ["crops"], names, axes)


def export_temporal(temporal: TemporalDetector, path: Path, *, frames: int) -> None:
    """Write ``temporal.onnx``: ``features`` f32 B×T×D → ``logits`` B, B and T free."""
    example = torch.zeros(2, frames, len(temporal.mean))
    axes = {"features": {0: "b", 1: "t"}, "logits": {0: "b"}}
    _export(temporal.eval(), example, path, ["features"], ["logits"], axes)


def _export(
    module: nn.Module,
    example: Tensor,
    path: Path,
    inputs: list[str],
    outputs: list[str],
    axes: dict[str, dict[int, str]],
) -> None:
    raw = path.with_name(f"{path.name}.partial")
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter speaks of its own successor
        torch.onnx.export(
            module,
            (example,),
            raw,
            input_names=inputs,
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
            # Batch norms stay apart, so that weights keep their names and can be fitted further;
            # the runtimes fold them in as they load (measured: the same operations and times).
            training=torch.onnx.TrainingMode.PRESERVE,
        )
    graph = onnx.load(raw)
    raw.unlink()
    halve_weights(graph)
    onnx.checker.check_model(graph)
    write_bytes(graph.SerializeToString(), path)


def halve_weights(model: onnx.ModelProto) -> None:
    """Store large float32 weights as float16 behind a Cast: half the size, float32 arithmetic.

    Vectors stay as they are: a variance may lie beyond what float16 holds. A weight that does
    is :class:`ModelInvalid`.
    """
    kept = []
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        small = values.ndim < 2 or values.size < _WORTH_HALVING
        if tensor.data_type != onnx.TensorProto.FLOAT or small:
            kept.append(tensor)
            continue
        if np.abs(values).max() > np.finfo(np.float16).max:
            raise ModelInvalid(f"{tensor.name} holds weights too large for half precision")
        half = numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}.f16")
        kept.append(half)
        casts.append(
            helper.make_node("Cast", [half.name], [tensor.name], to=onnx.TensorProto.FLOAT)
        )
    nodes = list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(casts + nodes)
