"""Weights of an ONNX graph in half precision."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from unmask.core.errors import ModelInvalid

_WORTH_HALVING = 1024  # numbers in a tensor; below this fp16 saves nothing worth its rounding


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
