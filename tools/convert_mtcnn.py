"""Convert the weights in the PyPI package ``mtcnn`` 1.0.0 (MIT) to the ONNX graphs Unmask ships.

    pip download --no-deps mtcnn==1.0.0
    pip install joblib lz4 onnx
    python tools/convert_mtcnn.py mtcnn-1.0.0-py3-none-any.whl src/unmask/assets/mtcnn

The package keeps each network as a list of arrays in layer order: a convolution as (height, width,
in, out) and its bias, a PReLU as one slope a channel, a dense layer as (in, out) and its bias.
TensorFlow is not needed. Three things are folded into the weights so that the graphs are the
networks and nothing else:

- the normalisation (x − 127.5) / 128 into the first convolution, exactly: it has no padding, and
  the graphs take uint8 pixels, which bf16 holds without loss where the normalised ones lose a bit;
- the two-way softmax into one logit, log p(face) − log p(not face);
- the (width, height, channel) order in which the first dense layer reads its input (its weights
  come from Matlab, which is column-major) into an order of its rows.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import joblib
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[np.float32]
OPSET = 17
IR_VERSION = 9  # the oldest that knows the opset, for old runtimes' sake
LICENCE = "mtcnn-1.0.0.dist-info/LICENSE"


class Graph:
    """A chain of nodes under construction; ``tip`` is the name of the last value."""

    def __init__(self, tip: str) -> None:
        self.tip = tip
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: NDArray[np.generic]) -> str:
        """Store a constant and return its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, kind: str, *constants: NDArray[np.generic], **attributes: object) -> None:
        """Append a node that reads the tip and ``constants``."""
        inputs = [self.tip, *(self.constant(value) for value in constants)]
        self.tip = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [self.tip], **attributes))

    def pixels(self) -> None:
        """From uint8 N×H×W×3 to float N×3×H×W, still 0 to 255."""
        self.add("Cast", to=TensorProto.FLOAT)
        self.add("Transpose", perm=[0, 3, 1, 2])

    def conv(self, kernel: Array, bias: Array) -> None:
        """A convolution without padding; ``kernel`` is height, width, in, out."""
        self.add("Conv", kernel.transpose(3, 2, 0, 1), bias, kernel_shape=kernel.shape[:2])

    def prelu(self, slope: Array) -> None:
        """Leaky rectifier, one slope a channel (of maps) or a unit (of vectors)."""
        maps = slope.ndim == 3
        self.add("PRelu", slope.reshape(-1, 1, 1) if maps else slope)

    def pool(self, size: int, *, same: bool) -> None:
        """Max pooling, stride 2; TensorFlow's SAME pads only below and right, if at all."""
        self.add("MaxPool", kernel_shape=[size, size], strides=[2, 2], ceil_mode=int(same))

    def dense(self, weights: Array, bias: Array) -> None:
        """A dense layer; ``weights`` is in, out."""
        self.add("Gemm", weights, bias)


def normalised(kernel: Array, bias: Array) -> tuple[Array, Array]:
    """The first convolution, made to take pixels of 0 to 255."""
    scaled = kernel.astype(np.float64) / 128
    return scaled.astype(np.float32), (bias - 127.5 * scaled.sum((0, 1, 2))).astype(np.float32)


def one_logit(weights: Array, bias: Array) -> tuple[Array, Array]:
    """The difference of the two classes; the class is the last axis."""
    return weights[..., 1:] - weights[..., :1], bias[1:] - bias[:1]


def rows_by_channel(weights: Array, side: int) -> Array:
    """Reorder the rows from (width, height, channel) to (channel, height, width)."""
    cube = weights.reshape(side, side, -1, weights.shape[1])
    return cube.transpose(2, 1, 0, 3).reshape(weights.shape)


def pnet(w: list[Array]) -> onnx.ModelProto:
    """Canvas uint8 N×H×W×3 → logits N×1×h×w, offsets N×4×h×w; h = ⌈(H − 2) / 2⌉ − 4."""
    graph = Graph("canvas")
    graph.pixels()
    graph.conv(*normalised(w[0], w[1]))
    graph.prelu(w[2])
    graph.pool(2, same=True)
    for at in (3, 6):
        graph.conv(w[at], w[at + 1])
        graph.prelu(w[at + 2])
    kernel, bias = one_logit(w[11], w[12])
    graph.conv(np.concatenate([kernel, w[9]], -1), np.concatenate([bias, w[10]]))
    shapes: dict[str, list[int | str]] = {
        "logits": ["N", 1, "h", "w"],
        "offsets": ["N", 4, "h", "w"],
    }
    return _model("pnet", graph, ["N", "H", "W", 3], shapes)


def rnet(w: list[Array]) -> onnx.ModelProto:
    """Patches uint8 N×24×24×3 → logits N×1, offsets N×4."""
    graph = Graph("patches")
    graph.pixels()
    graph.conv(*normalised(w[0], w[1]))
    graph.prelu(w[2])
    graph.pool(3, same=True)
    graph.conv(w[3], w[4])
    graph.prelu(w[5])
    graph.pool(3, same=False)
    graph.conv(w[6], w[7])
    graph.prelu(w[8])
    _head(graph, w[9:12], side=3, outputs=[one_logit(w[14], w[15]), (w[12], w[13])])
    shapes: dict[str, list[int | str]] = {"logits": ["N", 1], "offsets": ["N", 4]}
    return _model("rnet", graph, ["N", 24, 24, 3], shapes)


def onet(w: list[Array]) -> onnx.ModelProto:
    """Patches uint8 N×48×48×3 → logits N×1, offsets N×4, landmarks N×10 (five x, then five y)."""
    graph = Graph("patches")
    graph.pixels()
    graph.conv(*normalised(w[0], w[1]))
    graph.prelu(w[2])
    graph.pool(3, same=True)
    graph.conv(w[3], w[4])
    graph.prelu(w[5])
    graph.pool(3, same=False)
    graph.conv(w[6], w[7])
    graph.prelu(w[8])
    graph.pool(2, same=True)
    graph.conv(w[9], w[10])
    graph.prelu(w[11])
    outputs = [one_logit(w[19], w[20]), (w[15], w[16]), (w[17], w[18])]
    _head(graph, w[12:15], side=3, outputs=outputs)
    shapes: dict[str, list[int | str]] = {
        "logits": ["N", 1],
        "offsets": ["N", 4],
        "landmarks": ["N", 10],
    }
    return _model("onet", graph, ["N", 48, 48, 3], shapes)


def _head(
    graph: Graph, hidden: list[Array], *, side: int, outputs: list[tuple[Array, Array]]
) -> None:
    graph.add("Flatten", axis=1)
    graph.dense(rows_by_channel(hidden[0], side), hidden[1])
    graph.prelu(hidden[2])
    weights, biases = zip(*outputs, strict=True)
    graph.dense(np.concatenate(weights, -1), np.concatenate(biases))


def _model(
    name: str, graph: Graph, taken: list[int | str], given: dict[str, list[int | str]]
) -> onnx.ModelProto:
    entry = graph.nodes[0].input[0]
    widths = graph.constant(np.array([shape[1] for shape in given.values()], np.int64))
    graph.nodes.append(helper.make_node("Split", [graph.tip, widths], list(given), axis=1))
    body = helper.make_graph(
        graph.nodes,
        name,
        [helper.make_tensor_value_info(entry, TensorProto.UINT8, taken)],
        [helper.make_tensor_value_info(key, TensorProto.FLOAT, given[key]) for key in given],
        graph.constants,
    )
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    model.producer_name = "convert_mtcnn"
    model.doc_string = "Weights: PyPI mtcnn 1.0.0, MIT, see LICENSE beside this file."
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    """Read the wheel, write the three graphs and the notice."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(arguments.wheel) as wheel:
        for build in (pnet, rnet, onet):
            packed = wheel.read(f"mtcnn/assets/weights/{build.__name__}.lz4")
            weights = joblib.load(io.BytesIO(packed))
            onnx.save(build(weights), arguments.folder / f"{build.__name__}.onnx")
        (arguments.folder / "LICENSE").write_bytes(wheel.read(LICENCE))


if __name__ == "__main__":
    main()
