"""Keras models as people save them, made with Keras 3 on torch, and the layout of Keras 2."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

os.environ["KERAS_BACKEND"] = "torch"  # before Keras is imported, anywhere in the process
os.environ.setdefault("KERAS_HOME", tempfile.mkdtemp())  # where it writes its settings

keras = pytest.importorskip("keras", reason="the extra 'test' is not installed")

KERAS = [
    pytest.mark.usefixtures("one_thread"),
    # Keras's own, on NumPy 2 with torch.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
"""The marks of every test that makes a Keras model."""

L = keras.layers
SIDE = 71  # the least that Xception takes
FRAMES = 3


def xception(pooling: str | None = "avg", weights: list[Any] | None = None, top: int = 0) -> Any:
    """Xception with random weights whose batch norms let differences through."""
    made = keras.applications.Xception(
        weights=None,
        include_top=bool(top),
        input_shape=(SIDE, SIDE, 3),
        pooling=None if top else pooling,
        **({"classes": top} if top else {}),
    )
    if weights is not None:
        made.set_weights(weights)
        return made
    random = np.random.default_rng(5)
    for layer in made.layers:
        if isinstance(layer, L.BatchNormalization):
            size = layer.gamma.shape[0]
            layer.set_weights(
                [
                    random.uniform(0.8, 1.2, size),
                    random.normal(0, 0.1, size),
                    random.normal(0, 0.05, size),
                    random.uniform(0.02, 0.05, size),
                ]
            )
    return made


def enliven(*layers: Any) -> None:
    """Other numbers than Keras begins with: biases, statistics, and answers away from a half."""
    random = np.random.default_rng(9)
    for layer in layers:
        layer.set_weights(
            [
                random.uniform(0.3, 2, w.shape)
                if "var" in v.path
                else w + random.normal(0, 0.3, w.shape)
                for v, w in zip(layer.weights, layer.get_weights(), strict=True)
            ]
        )


def write_keras2(model: Any, path: Path, *, weights_only: bool = False) -> None:
    """``model`` as ``tf.keras`` 2 wrote ``model.save('x.h5')``, or ``save_weights``."""
    with h5py.File(path, "w") as file:
        group = file if weights_only else file.create_group("model_weights")
        for attributes in (file.attrs, group.attrs):
            attributes["keras_version"] = b"2.9.0"
            attributes["backend"] = b"tensorflow"
        if not weights_only:
            config = {"class_name": type(model).__name__, "config": _model(model.get_config())}
            file.attrs["model_config"] = json.dumps(config).encode()
        group.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            _write_layer(group.create_group(layer.name), layer)


def _write_layer(group: Any, layer: Any) -> None:
    found = {_keras2_name(variable.path): variable.numpy() for variable in layer.weights}
    listed = np.array([name.encode() for name in found])
    if listed.nbytes > 64_000:  # more than one HDF5 attribute holds
        for number, part in enumerate(np.array_split(listed, 2)):
            group.attrs[f"weight_names{number}"] = part
    else:
        group.attrs["weight_names"] = listed
    for name, value in found.items():
        group.create_dataset(name, data=value)


def _keras2_name(path: str) -> str:
    """``sequential/lstm/lstm_cell/kernel`` → ``lstm/lstm_cell/kernel:0``."""
    pieces = path.split("/")
    own = pieces[1:] if pieces[0].startswith(("sequential", "functional")) else pieces
    return "/".join(own) + ":0"


def _model(config: dict[str, Any]) -> Any:
    kept = {"name": config["name"], "layers": [_layer(layer) for layer in config["layers"]]}
    for ends in ("input_layers", "output_layers"):
        if ends in config:
            value = config[ends]
            kept[ends] = [value] if isinstance(value[0], str) else value
    return kept


def _layer(node: dict[str, Any]) -> dict[str, Any]:
    kind, config = node["class_name"], dict(node["config"])
    if kind in ("Functional", "Sequential"):
        config = _model(config)
    else:
        config["dtype"] = "float32"
        if "batch_shape" in config:
            config["batch_input_shape"] = config.pop("batch_shape")
        if kind == "BatchNormalization":
            shape = node.get("build_config", {}).get("input_shape", (None, 1))
            config["axis"] = [len(shape) - 1]
        for unknown in ("optional", "seed", "synchronized", "quantization_config"):
            config.pop(unknown, None)
        if "layer" in config:
            config["layer"] = _layer(config["layer"])
            if kind == "Bidirectional":  # which names the layer before it prefixes both halves
                config.pop("backward_layer")
                inner = config["layer"]["config"]
                inner["name"] = inner["name"].removeprefix("forward_")
    made = {"class_name": kind, "config": config}
    if "name" in node:
        made["name"] = node["name"]
        made["inbound_nodes"] = [_call(call) for call in node["inbound_nodes"]]
    return made


def _call(call: dict[str, Any]) -> list[Any]:
    tensors = call["args"][0]
    tensors = tensors if isinstance(tensors, list) else [tensors]
    return [[*tensor["config"]["keras_history"], {}] for tensor in tensors]
