"""Writing ONNX graphs node by node."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from unmask.models.keras.steps import (
    Activate,
    Dense,
    Direction,
    Floats,
    Function,
    Lstm,
    OverTime,
    Scale,
    Step,
)

OPSET = 17
_TO_ONNX = (0, 3, 1, 2)  # Keras keeps an LSTM's gates as i, f, c, o; ONNX as i, o, f, c
_MERGES = {"sum": "Add", "ave": "Add", "mul": "Mul"}


class Nodes:
    """Nodes and weights of a graph being written; values are known by their names."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        """Append a node and return its first output's name."""
        return self.several(operator, *inputs, outputs=[out], **attributes)[0]

    def several(
        self, operator: str, *inputs: str, outputs: list[str], **attributes: Any
    ) -> list[str]:
        """Append a node with as many outputs as names; "" is given one."""
        names = [
            name or f"{self.prefix}/{operator}.{len(self.nodes)}.{index}"
            for index, name in enumerate(outputs)
        ]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names

    def floats(self, values: Any) -> str:
        """A weight of float32."""
        return self._weight(np.asarray(values, np.float32))

    def integers(self, *values: int) -> str:
        """A vector of shapes or axes."""
        return self._weight(np.asarray(values, np.int64))

    def _weight(self, values: Any) -> str:
        name = f"{self.prefix}/weight.{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name


def add_steps(nodes: Nodes, x: str, steps: tuple[Step, ...]) -> str:
    """``x`` B×T×D, or B×D where time is gone, through ``steps``."""
    for step in steps:
        x = _add(nodes, x, step)
    return x


def _add(nodes: Nodes, x: str, step: Step) -> str:
    if isinstance(step, Dense):
        product = nodes.add("MatMul", x, nodes.floats(step.kernel))
        return nodes.add("Add", product, nodes.floats(step.bias))
    if isinstance(step, Scale):
        scaled = nodes.add("Mul", x, nodes.floats(step.scale))
        return nodes.add("Add", scaled, nodes.floats(step.shift))
    if isinstance(step, Activate):
        return _function(nodes, x, step.function)
    if isinstance(step, OverTime):
        return nodes.add(step.operator, x, axes=[1], keepdims=0)
    return _add_lstm(nodes, x, step)


def _add_lstm(nodes: Nodes, x: str, step: Lstm) -> str:
    """B×T×D → B×T×U, or B×U without ``sequences``."""
    x = nodes.add("Transpose", x, perm=[1, 0, 2])  # T×B×D
    if "HardSigmoid" in (step.gate[0], step.cell[0]):
        steps, final = _add_steps_of_lstm(nodes, x, step)
    else:
        steps, final = _add_operator(nodes, x, step)
    if step.sequences:
        out = nodes.add("Transpose", steps, perm=[2, 0, 1, 3])  # T×2×B×u → B×T×2×u
    else:
        out = nodes.add("Transpose", final, perm=[1, 0, 2])  # 2×B×u → B×2×u
    axis = 2 if step.sequences else 1
    if step.merge == "concat":
        shape = (0, 0, -1) if step.sequences else (0, -1)
        return nodes.add("Reshape", out, nodes.integers(*shape))
    halves = nodes.several("Split", out, outputs=["", ""], axis=axis)
    flat = [nodes.add("Squeeze", half, nodes.integers(axis)) for half in halves]
    merged = nodes.add(_MERGES[step.merge], *flat)
    return nodes.add("Mul", merged, nodes.floats(0.5)) if step.merge == "ave" else merged


def _add_operator(nodes: Nodes, x: str, step: Lstm) -> tuple[str, str]:
    """T×B×D → all steps T×2×B×u, and the last of each direction 2×B×u."""
    two = len(step.directions) == 2
    weights = [
        nodes.floats(np.stack(each)) for each in zip(*map(_gates, step.directions), strict=True)
    ]
    backwards = "reverse" if step.directions[0].backwards else "forward"
    steps, final = nodes.several(
        "LSTM",
        x,
        *weights,
        outputs=["", ""],
        hidden_size=step.directions[0].recurrent.shape[0],
        direction="bidirectional" if two else backwards,
        **_functions(step, len(step.directions)),
    )
    return steps, final


def _add_steps_of_lstm(nodes: Nodes, x: str, step: Lstm) -> tuple[str, str]:
    """As the LSTM operator, for gates that OpenVINO's lacks: T×B×D → T×2×B×u and 2×B×u."""
    everything, final = [], []
    for direction in step.directions:
        units = direction.recurrent.shape[0]
        inputs = nodes.add("MatMul", x, nodes.floats(direction.kernel))
        inputs = nodes.add("Add", inputs, nodes.floats(direction.bias))  # T×B×4u
        batch = nodes.add("Slice", nodes.add("Shape", x), *(nodes.integers(n) for n in (1, 2)))
        shape = nodes.add("Concat", batch, nodes.integers(units), axis=0)
        zeros = nodes.add("ConstantOfShape", shape)
        way = int(direction.backwards)
        last, _, hidden = nodes.several(
            "Scan",
            zeros,
            zeros,
            inputs,
            outputs=["", "", ""],
            body=_cell(direction, step, f"{nodes.prefix}/cell.{len(nodes.nodes)}"),
            num_scan_inputs=1,
            scan_input_directions=[way],
            scan_output_directions=[way],
        )
        everything.append(nodes.add("Unsqueeze", hidden, nodes.integers(1)))
        final.append(nodes.add("Unsqueeze", last, nodes.integers(0)))
    return nodes.add("Concat", *everything, axis=1), nodes.add("Concat", *final, axis=0)


def _cell(direction: Direction, step: Lstm, prefix: str) -> onnx.GraphProto:
    """One step: hidden and cell B×u, the input's part of the gates B×4u → hidden, cell, hidden."""
    units = direction.recurrent.shape[0]
    nodes = Nodes(prefix)
    names = [f"{prefix}/{name}" for name in ("hidden", "cell", "input")]
    product = nodes.add("MatMul", names[0], nodes.floats(direction.recurrent))
    gates = nodes.add("Add", product, names[2])
    parts = nodes.several("Split", gates, outputs=[""] * 4, axis=-1)
    admit, forget, keep = (_function(nodes, parts[index], step.gate) for index in (0, 1, 3))
    news = nodes.add("Mul", admit, _function(nodes, parts[2], step.cell))
    cell = nodes.add("Add", nodes.add("Mul", forget, names[1]), news)
    hidden = nodes.add("Mul", keep, _function(nodes, cell, step.cell))
    copy = nodes.add("Identity", hidden)
    shapes = [["b", units], ["b", units], ["b", 4 * units]]
    return helper.make_graph(
        nodes.nodes,
        prefix,
        [_float(name, shape) for name, shape in zip(names, shapes, strict=True)],
        [_float(name, ["b", units]) for name in (hidden, cell, copy)],
        nodes.weights,
    )


def _float(name: str, shape: list[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


def _function(nodes: Nodes, x: str, function: Function) -> str:
    operator, attributes = function
    return nodes.add(operator, x, **dict[str, Any](attributes))


def _gates(direction: Any) -> tuple[Floats, Floats, Floats]:
    """ONNX's W 4u×D, R 4u×u and B 8u."""
    bias = _reordered(direction.bias)
    return (
        _reordered(direction.kernel.T),
        _reordered(direction.recurrent.T),
        np.concatenate([bias, np.zeros_like(bias)]),
    )


def _reordered(gates: Floats) -> Floats:
    parts = np.split(gates, 4)
    return np.concatenate([parts[index] for index in _TO_ONNX])


def _functions(step: Lstm, directions: int) -> dict[str, Any]:
    """The attributes for other functions than an LSTM's usual ones."""
    names = [step.gate[0], step.cell[0], step.cell[0]] * directions
    return {} if names == ["Sigmoid", "Tanh", "Tanh"] * directions else {"activations": names}
