"""A package's graph in int8: post-training quantisation, calibrated on real crops."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import nncf
import numpy as np
import onnx
from numpy.typing import NDArray

from unmask.core.errors import ModelInvalid
from unmask.models.halving import halve_weights
from unmask.models.rounding import folded, round_as_loading, wide_convolutions
from unmask.runtime import ModelPackage


def quantise_backbone(
    package: ModelPackage, crops: NDArray[np.uint8], path: Path
) -> dict[str, Any]:
    """Write the package's backbone with its convolutions in int8 to ``path``; returns an account.

    ``crops`` N×S×S×3 uint8 are what the ranges of activations are measured on. Rounded are the
    convolutions that mix many channels, all but a fiftieth of Xception: depthwise ones, sums, what
    reads the last map and what a contrast is judged by stay in floating point. Per-channel
    weights, a range per tensor of activations, bias correction (Nagel et al., "A White Paper on
    Neural Network Quantization", 2021), by NNCF. :class:`ModelInvalid` where there are none.
    """
    graph = folded(package.backbone)
    rounded = wide_convolutions(graph)
    if not rounded:
        raise ModelInvalid(f"{package.backbone} has no convolutions worth rounding to int8")
    left = [node.name for node in graph.graph.node if node.name not in rounded]
    with _errors_alone(logging.getLogger("nncf")):
        found: onnx.ModelProto = nncf.quantize(
            graph,
            nncf.Dataset([{"crops": crop[None]} for crop in crops]),
            subset_size=len(crops),
            ignored_scope=nncf.IgnoredScope(names=left, validate=False),
        )
    round_as_loading(found)
    halve_weights(found)
    onnx.checker.check_model(found)
    path.write_bytes(found.SerializeToString())
    return {
        "by": f"NNCF {metadata.version('nncf')}",
        "convolutions": len(rounded),
        "crops": len(crops),
    }


@contextmanager
def _errors_alone(logger: logging.Logger) -> Iterator[None]:
    """By the logger's own level: ``nncf.set_log_level`` sets that of every handler, others' too."""
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
