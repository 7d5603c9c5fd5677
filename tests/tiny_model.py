"""A model package of a few kilobytes with the graphs' true shapes, made in milliseconds.

It measures how bright a crop's middle is, so that a test can steer its score: with the default
calibration a bright face is "manipulated", a dark one is not.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from unmask.runtime.package import Manifest, Pooling

SIZE = 64
FEATURES = 8
CELLS = 4
HIDDEN = 3


def write_tiny_model(
    folder: Path,
    *,
    name: str = "tiny",
    low: float = 0.4,
    high: float = 0.6,
    frames: int = 4,
    step_s: float = 0.1,
    bias: float = 0.0,
    pooling: Pooling | None = None,
    sampled: int | None = None,
) -> Path:
    """Write the package into ``folder`` (made if absent) and return it.

    With ``pooling`` the graph answers with cells, too. ``bias`` moves every frame's and clip's
    calibrated logit: +20 calls everything manipulated, -20 nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    graphs = {"backbone.onnx": _backbone(cells=pooling is not None), "temporal.onnx": _temporal()}
    for file, graph in graphs.items():
        onnx.checker.check_model(graph)
        (folder / file).write_bytes(graph.SerializeToString())
    card = f"# {name}\n\nA toy for tests: it looks at brightness.\n"
    (folder / "README.md").write_text(card, encoding="utf-8")
    manifest = Manifest.model_validate(
        {
            "schema": "unmask.model/1",
            "name": name,
            "version": "0.1",
            "architecture": "one convolution, one LSTM",
            "licence": "Apache-2.0",
            "feature_size": FEATURES,
            "map_size": CELLS,
            "crop": {"size": SIZE, "margin": 1.3},
            "clip": {"frames": frames, "step_s": step_s, "sampled": sampled},
            "pooling": pooling,
            "calibration": {
                "frame_scale": 4.0,
                "frame_offset": bias,
                "clip_scale": 4.0,
                "clip_offset": bias,
                "face_scale": 4.0,
                "face_offset": bias,
                "frame_weight": 0.5,
            },
            "thresholds": {"low": low, "high": high},
            "training": {
                "recipe": "none",
                "seed": 0,
                "seconds": 0.0,
                "machine": "none",
                "data": [],
            },
            "metrics": {},
            "files": {
                file: hashlib.sha256((folder / file).read_bytes()).hexdigest()
                for file in (*graphs, "README.md")
            },
        }
    )
    text = manifest.model_dump_json(by_alias=True, indent=2)
    (folder / "model.json").write_text(text, encoding="utf-8")
    return folder


def _tensor(name: str, values: object) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(values, dtype=np.float32), name)


def _model(nodes: list[onnx.NodeProto], name: str, **parts: list[object]) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes, name, parts["inputs"], parts["outputs"], initializer=parts["weights"]
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="unmask"
    )


def _backbone(*, cells: bool) -> onnx.ModelProto:
    random = np.random.default_rng(7)
    stride = SIZE // CELLS
    # The first feature is brightness (the only one the head reads), the others are noise filters.
    kernels = random.normal(0, 0.02, (FEATURES, 3, stride, stride))
    kernels[0] = 1 / (3 * stride * stride)
    head = np.zeros((1, FEATURES, 1, 1))
    head[0, 0] = 1.0
    nodes = [
        helper.make_node("Cast", ["crops"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["floats", "range"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "one"], ["centred"]),
        helper.make_node("Transpose", ["centred"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node(
            "Conv",
            ["planes", "kernels"],
            ["grid"],
            kernel_shape=[stride, stride],
            strides=[stride, stride],
        ),  # N×D×m×m
        helper.make_node("ReduceMean", ["grid"], ["features"], axes=[2, 3], keepdims=0),
        helper.make_node("Conv", ["grid", "head"], ["shares"], kernel_shape=[1, 1]),
        helper.make_node("Squeeze", ["shares", "second"], ["maps"]),  # N×m×m
        helper.make_node("ReduceMean", ["maps"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Add", ["mean", "bias"], ["logits"]),
    ]
    outputs = [
        helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", FEATURES]),
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n"]),
        helper.make_tensor_value_info("maps", TensorProto.FLOAT, ["n", CELLS, CELLS]),
    ]
    if cells:
        nodes.append(helper.make_node("ReduceMean", ["maps"], ["level"], axes=[1, 2], keepdims=1))
        nodes.append(helper.make_node("Sub", ["maps", "level"], ["cells"]))
        shape = ["n", CELLS, CELLS]
        outputs.append(helper.make_tensor_value_info("cells", TensorProto.FLOAT, shape))
    return _model(
        nodes,
        "backbone",
        inputs=[helper.make_tensor_value_info("crops", TensorProto.UINT8, ["n", SIZE, SIZE, 3])],
        outputs=outputs,
        weights=[
            _tensor("range", 127.5),
            _tensor("one", 1.0),
            _tensor("kernels", kernels),
            _tensor("head", head),
            _tensor("bias", [0.1]),
            numpy_helper.from_array(np.array([1], np.int64), "second"),
        ],
    )


def _temporal() -> onnx.ModelProto:
    random = np.random.default_rng(11)
    nodes = [
        helper.make_node("Transpose", ["features"], ["steps"], perm=[1, 0, 2]),  # T×B×D
        helper.make_node(
            "LSTM",
            ["steps", "w", "r"],
            ["hidden"],
            hidden_size=HIDDEN,
            direction="bidirectional",
        ),  # T×2×B×H
        helper.make_node("ReduceMean", ["hidden"], ["pooled"], axes=[0, 1], keepdims=0),  # B×H
        helper.make_node("ReduceMean", ["pooled"], ["change"], axes=[1], keepdims=0),
        helper.make_node("ReduceMean", ["features"], ["average"], axes=[1], keepdims=0),  # B×D
        helper.make_node("MatMul", ["average", "bright"], ["level"]),
        helper.make_node("Add", ["level", "change"], ["logits"]),
    ]
    return _model(
        nodes,
        "temporal",
        inputs=[helper.make_tensor_value_info("features", TensorProto.FLOAT, ["b", "t", FEATURES])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b"])],
        weights=[
            _tensor("w", random.normal(0, 0.3, (2, 4 * HIDDEN, FEATURES))),
            _tensor("r", random.normal(0, 0.3, (2, 4 * HIDDEN, HIDDEN))),
            _tensor("bright", np.eye(FEATURES)[0]),
        ],
    )
