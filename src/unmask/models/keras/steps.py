"""What follows the backbone in a Keras model, as a few plain steps with their weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unmask.models.keras.layers import Layer
from unmask.models.keras.saved import SavedModel, Weights

Floats = NDArray[np.float32]
Function = tuple[str, Mapping[str, float]]  # an ONNX operator and its attributes

# These change nothing once a model is fitted.
IDLE = {
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "ActivityRegularization",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomTranslation",
    "RandomContrast",
    "RandomBrightness",
}
LINEAR: Function = ("Identity", {})
_FUNCTIONS: dict[str, Function] = {
    "linear": LINEAR,
    "relu": ("Relu", {}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
    "elu": ("Elu", {"alpha": 1.0}),
    "selu": ("Selu", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
}
_OVER_TIME: dict[str, Literal["ReduceMean", "ReduceMax"]] = {
    "GlobalAveragePooling1D": "ReduceMean",
    "GlobalMaxPooling1D": "ReduceMax",
}
_MERGES = ("concat", "sum", "ave", "mul")
_GATES = ("activation", "recurrent_activation", "use_bias", "units")


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """``x @ kernel + bias``; kernel D×U."""

    kernel: Floats
    bias: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """``x × scale + shift``, each D: a batch normalisation."""

    scale: Floats
    shift: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Activate:
    """A function of each number."""

    function: Function


@dataclass(frozen=True, slots=True, eq=False)
class OverTime:
    """The mean or the maximum over a clip's frames: B×T×D → B×D."""

    operator: Literal["ReduceMean", "ReduceMax"]


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """One LSTM: kernel D×4u, recurrent u×4u, bias 4u, gates in Keras's order i, f, c, o."""

    kernel: Floats
    recurrent: Floats
    bias: Floats
    backwards: bool


@dataclass(frozen=True, slots=True, eq=False)
class Lstm:
    """One or two LSTMs over time: B×T×D → B×T×U or, without ``sequences``, B×U."""

    directions: tuple[Direction, ...]
    gate: Function
    cell: Function
    merge: str
    sequences: bool


Step = Dense | Scale | Activate | OverTime | Lstm


def read_steps(saved: SavedModel, layer: Layer, *, framewise: bool) -> list[Step]:
    """The steps of one layer, none where it does nothing. Refuses what is not read.

    ``framewise``: it is wrapped in a TimeDistributed, so it sees no time.
    """
    if layer.kind in IDLE:
        return []
    if layer.kind == "Dense":
        return _dense(saved, layer)
    if layer.kind == "BatchNormalization":
        return [_normalisation(saved, layer)]
    if layer.kind in ("Activation", "ReLU"):
        return [Activate(_activation(saved, layer))]
    if layer.kind in ("LSTM", "Bidirectional") and not framewise:
        return [_lstm(saved, layer)]
    if layer.kind in _OVER_TIME and not framewise and not layer.config.get("keepdims"):
        return [OverTime(_OVER_TIME[layer.kind])]
    raise layer.refuse("is not read there")


def function_named(saved: SavedModel, layer: Layer, setting: str = "activation") -> Function:
    """The activation that ``setting`` of ``layer`` names."""
    name = layer.config.get(setting, "linear")
    if name == "hard_sigmoid":
        # Keras 3 changed it: from x/5 + 1/2 to x/6 + 1/2.
        return ("HardSigmoid", {"alpha": 0.2 if saved.major == 2 else 1 / 6, "beta": 0.5})
    found = _FUNCTIONS.get(name) if isinstance(name, str) else None
    if found is None:
        raise layer.refuse(f"has the {setting} {name!r}, which is not read")
    return found


def dense_weights(saved: SavedModel, layer: Layer) -> Dense:
    """Of a Dense layer, without its activation."""
    weights = saved.weights(layer)
    kernel = _shaped(layer, weights, "kernel", 2)
    bias = weights.get("bias", np.zeros(kernel.shape[1], np.float32))
    return Dense(kernel, bias)


def _dense(saved: SavedModel, layer: Layer) -> list[Step]:
    function = function_named(saved, layer)
    step = dense_weights(saved, layer)
    return [step] if function == LINEAR else [step, Activate(function)]


def _activation(saved: SavedModel, layer: Layer) -> Function:
    if layer.kind == "ReLU":
        plain = {"max_value": None, "negative_slope": 0, "threshold": 0}
        if any(layer.config.get(key, value) != value for key, value in plain.items()):
            raise layer.refuse("is not the plain ReLU")
        return _FUNCTIONS["relu"]
    return function_named(saved, layer)


def _normalisation(saved: SavedModel, layer: Layer) -> Scale:
    axis = layer.config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    weights = saved.weights(layer)
    mean = _shaped(layer, weights, "moving_mean", 1).astype(np.float64)
    if axis not in (-1, 1, 2):
        raise layer.refuse(f"normalises along axis {axis}")
    deviation = np.sqrt(weights["moving_variance"] + float(layer.config.get("epsilon", 1e-3)))
    if not np.isfinite(deviation).all() or not deviation.all():
        raise layer.refuse("holds variances below zero")
    scale = weights.get("gamma", np.ones(len(mean), np.float32)) / deviation
    shift = weights.get("beta", np.zeros(len(mean), np.float32)) - mean * scale
    return Scale(scale.astype(np.float32), shift.astype(np.float32))


def _lstm(saved: SavedModel, layer: Layer) -> Lstm:
    directions: tuple[Direction, ...]
    if layer.kind == "LSTM":
        one = _direction(layer, layer, saved.weights(layer), layer.config.get("go_backwards"))
        directions, inner, merge = (one,), layer, "concat"
    else:
        inner, merge = layer.inner[0], layer.config.get("merge_mode", "concat")
        if inner.kind != "LSTM" or not _alike(inner, layer.config.get("backward_layer")):
            raise layer.refuse("is no pair of equal LSTMs")
        if merge not in _MERGES:
            raise layer.refuse(f"merges by {merge!r}")
        if inner.config.get("go_backwards"):
            raise layer.refuse("holds an LSTM that runs backwards already")
        directions = (
            _direction(layer, inner, saved.weights(layer, "forward"), False),
            _direction(layer, inner, saved.weights(layer, "backward"), True),
        )
    for setting in ("stateful", "return_state", "time_major"):
        if inner.config.get(setting):
            raise layer.refuse(f"is {setting}, which a clip by itself has no place for")
    sequences = bool(inner.config.get("return_sequences"))
    if sequences and layer.kind == "LSTM" and directions[0].backwards:
        raise layer.refuse("gives a sequence backwards")
    gate, cell = (function_named(saved, inner, setting) for setting in _GATES[:2][::-1])
    for function in (gate, cell):
        if function[0] not in ("Sigmoid", "Tanh", "Relu", "HardSigmoid"):
            raise layer.refuse(f"has gates of {function[0]}, which is not read")
    return Lstm(directions, gate, cell, merge, sequences)


def _alike(inner: Layer, backward: Any) -> bool:
    if backward is None:
        return True
    config = backward.get("config", {}) if isinstance(backward, Mapping) else {}
    same = all(config.get(key) == inner.config.get(key) for key in _GATES)
    return same and backward.get("class_name") == "LSTM"


def _direction(layer: Layer, inner: Layer, weights: Weights, backwards: Any) -> Direction:
    kernel = _shaped(layer, weights, "kernel", 2)
    recurrent = _shaped(layer, weights, "recurrent_kernel", 2)
    bias = weights.get("bias", np.zeros(kernel.shape[1], np.float32))
    units = inner.config.get("units")
    if recurrent.shape != (units, 4 * recurrent.shape[0]) or kernel.shape[1] != len(bias):
        raise layer.refuse(f"has weights of other shapes than an LSTM of {units} units")
    return Direction(kernel, recurrent, bias, bool(backwards))


def _shaped(layer: Layer, weights: Weights, name: str, dimensions: int) -> Floats:
    values = weights[name]
    if values.ndim != dimensions:
        raise layer.refuse(f"has a {name} of shape {values.shape}")
    return values
