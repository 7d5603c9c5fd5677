"""From torch modules to the two graphs of a model package."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from unmask.models.detector import FrameDetector, FrameGraph, TemporalDetector
from unmask.models.halving import halve_weights
from unmask.models.weights import write_bytes

_OPSET = 17


def export_backbone(detector: FrameDetector, path: Path, *, size: int) -> None:
    """Write ``backbone.onnx``: ``crops`` uint8 N×S×S×3 → what :class:`FrameGraph` says."""
    example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    names = ["features", "logits", "maps", "cells"]
    if detector.covers is not None:
        names.append("covered")
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
