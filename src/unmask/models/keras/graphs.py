"""The two graphs of a package, from a Keras model.

The model answers for clips only. A single frame's logit is therefore what the model says of that
frame held still for a whole clip. The evidence map says by how much that logit would fall if the
features of one region were taken out of the mean: with a linear head, a class-activation map.
Every region is a pass of the head over a clip, so there are fewer of them than cells in the grid.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper
from torch import Tensor, nn

from unmask.models.keras.affine import Affine
from unmask.models.keras.clip_model import ClipModel
from unmask.models.keras.onnx_graph import OPSET, Nodes, add_steps
from unmask.models.keras.steps import Dense, Lstm, OverTime, Step
from unmask.models.weights import write_bytes
from unmask.models.xception import FEATURES, Xception

MOST_REGIONS = 4
"""Of the evidence map, a side. More cost more, and half precision loses what they do."""

Channels = Literal["rgb", "bgr"]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the file does not say of a model: how pixels go in, and which answer means what.

    ``scaling`` is done to 0…255 before the model; ``manipulated`` is the class of the manipulated,
    0 or 1.
    """

    size: int
    frames: int
    scaling: Affine
    channels: Channels
    manipulated: int


def write_temporal(model: ClipModel, reading: Reading, path: Path) -> None:
    """``temporal.onnx``: ``features`` f32 B×T×2048 → ``logits`` B, of Keras's own weights."""
    nodes = Nodes("temporal")
    body = add_steps(nodes, "features", model.steps)
    last = _one_logit(model, reading)
    logit = nodes.add("MatMul", body, nodes.floats(last.kernel))
    logit = nodes.add("Add", logit, nodes.floats(last.bias))  # B×1
    nodes.add("Squeeze", logit, nodes.integers(1), out="logits")
    graph = helper.make_graph(
        nodes.nodes,
        "temporal",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["b", "t", FEATURES])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b"])],
        nodes.weights,
    )
    opset = [helper.make_opsetid("", OPSET)]
    _write(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


def write_backbone(model: ClipModel, reading: Reading, path: Path) -> int:
    """``backbone.onnx``: ``crops`` uint8 N×S×S×3 → ``features``, ``logits`` and ``maps``.

    Returns how many cells a side the maps have. Weights stay float32, as they are in the file.
    """
    whole, side = _export_grid(model, reading, path.with_name(f"{path.name}.grid"))
    cells = min(side, MOST_REGIONS)
    nodes = Nodes("still")
    features = nodes.add("ReduceMean", "grid", axes=[2, 3], keepdims=0, out="features")
    rows = _without_each(nodes, features, _regions(side, cells))  # N·(1+m²)×1×D
    alone, together = _split(model.steps)
    rows = add_steps(nodes, rows, alone)
    still = nodes.add("Tile", rows, nodes.integers(1, reading.frames, 1))
    body = add_steps(nodes, still, together)  # N·(1+m²)×U
    last = _one_logit(model, reading)
    width = len(last.kernel)
    table = nodes.add("Reshape", body, nodes.integers(-1, 1 + cells**2, width))
    halves = nodes.integers(1, cells**2)
    own, others = nodes.several("Split", table, halves, outputs=["", ""], axis=1)
    kernel = nodes.floats(last.kernel)
    logit = nodes.add("Add", nodes.add("MatMul", own, kernel), nodes.floats(last.bias))
    nodes.add("Squeeze", logit, nodes.integers(1, 2), out="logits")
    # Subtracted before the last layer, where half precision loses least of a small difference.
    falls = nodes.add("MatMul", nodes.add("Sub", own, others), kernel)  # N×m²×1
    scaled = nodes.add("Mul", falls, nodes.floats(cells**2))
    nodes.add("Reshape", scaled, nodes.integers(-1, cells, cells), out="maps")
    graph = whole.graph
    graph.node.extend(nodes.nodes)
    graph.initializer.extend(nodes.weights)
    del graph.output[:]
    shapes: dict[str, list[str | int]] = {
        "features": ["n", FEATURES],
        "logits": ["n"],
        "maps": ["n", cells, cells],
    }
    for name, shape in shapes.items():
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    _write(whole, path)
    return cells


def _split(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Those that see one frame at a time, and the rest from the first that sees several."""
    timed = [index for index, step in enumerate(steps) if isinstance(step, Lstm | OverTime)]
    return steps[: timed[0]], steps[timed[0] :]


def _without_each(nodes: Nodes, features: str, regions: NDArray[np.float64]) -> str:
    """The mean over the grid, and the mean without each region, as clips of one frame."""
    flat = nodes.add("Reshape", "grid", nodes.integers(0, 0, len(regions)))  # N×D×s²
    shares = nodes.add("MatMul", flat, nodes.floats(regions / len(regions)))  # N×D×m²
    shares = nodes.add("Transpose", shares, perm=[0, 2, 1])  # N×m²×D
    mean = nodes.add("Unsqueeze", features, nodes.integers(1))
    without = nodes.add("Sub", mean, shares)
    both = nodes.add("Concat", mean, without, axis=1)
    return nodes.add("Reshape", both, nodes.integers(-1, 1, FEATURES))


def _regions(side: int, cells: int) -> NDArray[np.float64]:
    """How much of each cell of a grid lies in each of ``cells``² regions: side²×cells²."""
    edges = np.linspace(0, side, cells + 1)
    place = np.arange(side)[:, None]
    along = np.clip(np.minimum(place + 1, edges[1:]) - np.maximum(place, edges[:-1]), 0, 1)
    return np.kron(along, along)


def _one_logit(model: ClipModel, reading: Reading) -> Dense:
    """The last layer with one output, the logit of P(manipulated).

    Of two classes under a softmax that is the difference of theirs.
    """
    kernel, bias = model.last.kernel, model.last.bias
    if model.outputs == 2:
        kernel, bias = kernel[:, 1:] - kernel[:, :1], bias[1:] - bias[:1]
    sign = np.float32(1 if reading.manipulated == 1 else -1)
    return Dense(kernel * sign, bias * sign)


class _Grid(nn.Module):
    """Bytes to Xception's last grid."""

    scale: Tensor
    offset: Tensor

    def __init__(self, trunk: Xception, pixels: Affine, channels: Channels) -> None:
        super().__init__()
        self.trunk = trunk
        self.reverse = channels == "bgr"
        for name, values in (("scale", pixels.scale), ("offset", pixels.offset)):
            three = np.broadcast_to(values, (3,)).astype(np.float32).reshape(1, 3, 1, 1)
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(three)))

    def forward(self, crops: Tensor) -> Tensor:
        """N×S×S×3 uint8 RGB → N×2048×s×s."""
        x = crops.permute(0, 3, 1, 2).to(torch.float32)
        if self.reverse:
            x = x[:, [2, 1, 0]]
        out: Tensor = self.trunk(x * self.scale + self.offset)
        return out


def _export_grid(model: ClipModel, reading: Reading, raw: Path) -> tuple[onnx.ModelProto, int]:
    """The part up to the grid, and the grid's side."""
    pixels = reading.scaling if model.before is None else reading.scaling.then(model.before)
    module = _Grid(model.trunk, pixels, reading.channels).eval()
    example = torch.zeros(1, reading.size, reading.size, 3, dtype=torch.uint8)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # the exporter speaks of its own successor
            cells = int(module(example).shape[-1])
            torch.onnx.export(
                module,
                (example,),
                raw,
                input_names=["crops"],
                output_names=["grid"],
                dynamic_axes={"crops": {0: "n"}, "grid": {0: "n"}},
                opset_version=OPSET,
                dynamo=False,
            )
        return onnx.load(raw), cells
    finally:
        raw.unlink(missing_ok=True)


def _write(model: onnx.ModelProto, path: Path) -> None:
    onnx.checker.check_model(model)
    write_bytes(model.SerializeToString(), path)
