"""The tiny model with a second convolution, wide enough to be worth rounding."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper
from tiny_model import FEATURES, write_tiny_model

from unmask.runtime import ModelPackage

_WIDTH = 16


def write_wide_model(folder: Path) -> ModelPackage:
    """A package whose grid of features comes by way of 16 channels and back."""
    path = write_tiny_model(folder) / "backbone.onnx"
    model = onnx.load(path)
    random = np.random.default_rng(5)
    weights = {
        "out": np.concatenate([np.eye(FEATURES), random.normal(0, 0.1, (8, FEATURES))]),
        "across": np.eye(_WIDTH) + random.normal(0, 0.01, (_WIDTH, _WIDTH)),
        "back": np.eye(FEATURES, _WIDTH),
    }
    nodes = []
    for node in model.graph.node:
        grid = node.output[0] == "grid"
        if grid:
            node.output[0] = "narrow"
        nodes.append(node)
        if grid:
            steps = ["narrow", "wide", "mixed", "grid"]
            for name, taken, given in zip(weights, steps, steps[1:], strict=False):
                nodes.append(helper.make_node("Conv", [taken, name], [given], name=name))
    for number, node in enumerate(nodes):
        node.name = node.name or f"node{number}"
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    for name, values in weights.items():
        shaped = values.astype(np.float32)[:, :, None, None]
        model.graph.initializer.append(numpy_helper.from_array(shaped, name))
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    package = ModelPackage.load(folder)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    files = {**package.manifest.files, path.name: sha256}
    manifest = package.manifest.model_copy(update={"files": files})
    text = manifest.model_dump_json(by_alias=True)
    (folder / "model.json").write_text(text, encoding="utf-8")
    return ModelPackage.load(folder)
