"""What may stand between Xception and the score answers as in Keras; the rest is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from keras_files import KERAS, L, enliven, keras, write_keras2

from unmask.core.errors import ModelInvalid
from unmask.models.keras.affine import Affine
from unmask.models.keras.clip_model import ClipModel, read_head
from unmask.models.keras.graphs import Reading, write_temporal
from unmask.models.keras.level import stages
from unmask.models.keras.saved import open_saved
from unmask.models.xception import FEATURES, Xception
from unmask.runtime import SessionOptions, open_session

pytestmark = KERAS
Head = Callable[[], list[Any]]
_READING = Reading(71, 4, Affine.of(), "rgb", 1)


def binary(*before: Any) -> list[Any]:
    return [*before, L.Dense(1, activation="sigmoid")]


def head_of(path: Path) -> ClipModel:
    """A model of features, as if Xception had gone before."""
    with open_saved(path) as saved:
        steps, last, _ = read_head(saved, list(stages(saved)))
        trunk = Xception.__new__(Xception)  # never looked at
        version = saved.archive.version
    return ClipModel(None, None, None, trunk, steps, last, "", version)


def made(layers: list[Any]) -> Any:
    model = keras.Sequential([keras.Input((4, FEATURES)), *layers])
    enliven(*(layer for layer in layers if layer.weights))
    return model


def logits(path: Path, features: Any, runtime: Any) -> Any:
    graph = path.with_suffix(".onnx")
    write_temporal(head_of(path), _READING, graph)
    options = SessionOptions(device="cpu", runtime=runtime, precision="f32", cache=False)
    return open_session(graph, options).run({"features": features})["logits"]


HEADS: dict[str, Head] = {
    "plain": lambda: binary(L.LSTM(5)),
    "stacked": lambda: binary(L.LSTM(6, return_sequences=True), L.LSTM(4)),
    "average": lambda: binary(
        L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="ave"), L.LSTM(4)
    ),
    "sum": lambda: binary(L.Bidirectional(L.LSTM(3), merge_mode="sum")),
    "product": lambda: binary(L.Bidirectional(L.LSTM(3), merge_mode="mul")),
    "backwards": lambda: binary(L.LSTM(5, go_backwards=True)),
    "no bias": lambda: binary(L.LSTM(5, use_bias=False), L.Dense(3, use_bias=False)),
    "ReLU cells": lambda: binary(L.LSTM(5, activation="relu")),
    "hard gates": lambda: binary(L.LSTM(5, recurrent_activation="hard_sigmoid")),
    "two-way hard gates": lambda: binary(
        L.Bidirectional(L.LSTM(5, activation="relu", recurrent_activation="hard_sigmoid"))
    ),
    "over time": lambda: binary(L.LSTM(5, return_sequences=True), L.GlobalAveragePooling1D()),
    "peak": lambda: binary(
        L.Bidirectional(L.LSTM(5, return_sequences=True)), L.GlobalMaxPooling1D()
    ),
    "per frame": lambda: binary(
        L.BatchNormalization(),
        L.TimeDistributed(L.Dense(7, activation="elu")),
        L.TimeDistributed(L.BatchNormalization()),
        L.TimeDistributed(L.Flatten()),
        L.SpatialDropout1D(0.2),
        L.LSTM(5),
        L.Flatten(),
    ),
    "functions": lambda: binary(
        L.LSTM(8),
        L.Dense(7, activation="softplus"),
        L.Dense(6),
        L.ReLU(),
        L.Dense(5, activation="selu"),
        L.BatchNormalization(scale=False, center=False, epsilon=0.01),
        L.Dense(4, activation="softsign"),
        L.Dense(4, activation="hard_sigmoid"),
    ),
    "apart": lambda: [L.LSTM(5), L.Dense(1), L.Dropout(0.1), L.Activation("sigmoid")],
    "two classes": lambda: [L.LSTM(5), L.Dense(2), L.Softmax()],
}


@pytest.mark.parametrize("name", HEADS)
def test_heads_answer_as_in_keras(name: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    layers = HEADS[name]()
    model = made(layers)
    features = np.random.default_rng(1).normal(0.4, 0.5, (3, 4, FEATURES)).astype(np.float32)
    with torch.no_grad():
        expected = model(features).cpu().numpy()[:, -1]
    assert np.ptp(expected) > 1e-4
    for suffix in ("keras", "h5"):
        path = tmp_path / f"head.{suffix}"
        model.save(path)
        for runtime in ("openvino", "onnxruntime"):
            found = 1 / (1 + np.exp(-logits(path, features, runtime)))
            np.testing.assert_allclose(found, expected, atol=1e-4, err_msg=f"{suffix} {runtime}")


@pytest.mark.parametrize("name", ["two-way hard gates", "hard gates", "per frame", "stacked"])
def test_heads_of_keras_2(name: str, tmp_path: Path) -> None:
    """Where a hard sigmoid is another function than in Keras 3."""
    layers = HEADS[name]()
    model = made(layers)
    path = tmp_path / "head.h5"
    write_keras2(model, path)
    if "hard" in name:
        _as_keras_2(layers[0])
    features = np.random.default_rng(1).normal(0.4, 0.5, (3, 4, FEATURES)).astype(np.float32)
    with torch.no_grad():
        expected = model(features).cpu().numpy()[:, 0]
    found = 1 / (1 + np.exp(-logits(path, features, None)))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def _as_keras_2(layer: Any) -> None:
    halves = (
        [layer.forward_layer, layer.backward_layer]
        if isinstance(layer, L.Bidirectional)
        else [layer]
    )
    for half in halves:
        half.cell.recurrent_activation = lambda x: torch.clip(0.2 * x + 0.5, 0, 1)


def test_clips_may_be_shorter_than_the_model_was_fitted_on(tmp_path: Path) -> None:
    model = made(binary(L.Bidirectional(L.LSTM(5))))
    path = tmp_path / "head.keras"
    model.save(path)
    features = np.random.default_rng(1).normal(0.4, 0.5, (1, 2, FEATURES)).astype(np.float32)
    with torch.no_grad():
        x = torch.from_numpy(features)
        for layer in model.layers:
            x = layer(x)
    found = 1 / (1 + np.exp(-logits(path, features, None)))
    np.testing.assert_allclose(found, x[:, 0], atol=1e-4)


REFUSED: dict[str, tuple[Head, str]] = {
    "a GRU": (lambda: binary(L.GRU(4, name="gru")), r"'gru' \(GRU\) is not read"),
    "a convolution": (
        lambda: binary(L.Conv1D(4, 2, name="conv"), L.LSTM(2)),
        r"'conv' \(Conv1D\) is not read",
    ),
    "attention": (
        lambda: binary(L.LSTM(3, return_sequences=True), L.LayerNormalization(name="norm")),
        r"'norm' \(LayerNormalization\) is not read",
    ),
    "masking": (lambda: binary(L.Masking(name="mask"), L.LSTM(4)), r"'mask' \(Masking\)"),
    "three classes": (
        lambda: [L.LSTM(4), L.Dense(3, activation="softmax", name="out")],
        r"'out' \(Dense\) is neither .* it has 3 outputs",
    ),
    "a regression": (
        lambda: [L.LSTM(4), L.Dense(1, activation="relu", name="out")],
        r"'out' \(Dense\) is neither .* 'relu'",
    ),
    "an answer for each frame": (
        lambda: binary(L.LSTM(3, return_sequences=True)),
        r"\(Dense\) answers for each frame",
    ),
    "no LSTM": (
        lambda: binary(L.GlobalAveragePooling1D()),
        r"\(Dense\) comes without an LSTM",
    ),
    "no Dense": (lambda: [L.LSTM(1)], "no Dense layer"),
    "clips flattened": (
        lambda: binary(L.LSTM(3, return_sequences=True), L.Flatten(name="flat")),
        r"'flat' \(Flatten\) is not read",
    ),
    "something after the answer": (
        lambda: [*binary(L.LSTM(3)), L.BatchNormalization(name="late")],
        r"'late' \(BatchNormalization\) comes after the last Dense",
    ),
    "an unknown function": (
        lambda: binary(L.LSTM(3), L.Dense(3, activation="exponential", name="odd")),
        r"'odd' \(Dense\) has the activation 'exponential'",
    ),
    "odd gates": (
        lambda: binary(L.LSTM(3, activation="elu", name="odd")),
        r"'odd' \(LSTM\) has gates of Elu",
    ),
    "a pair of GRUs": (
        lambda: binary(L.Bidirectional(L.GRU(3), name="pair")),
        r"'pair' \(Bidirectional\) is no pair of equal LSTMs",
    ),
    "an unequal pair": (
        lambda: binary(
            L.Bidirectional(
                L.LSTM(3),
                backward_layer=L.LSTM(3, activation="relu", go_backwards=True),
                name="pair",
            )
        ),
        r"'pair' \(Bidirectional\) is no pair of equal LSTMs",
    ),
    "a sequence backwards": (
        lambda: binary(L.LSTM(3, go_backwards=True, return_sequences=True, name="b"), L.LSTM(2)),
        r"'b' \(LSTM\) gives a sequence backwards",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_heads_are_refused_by_the_name_of_the_layer(name: str, tmp_path: Path) -> None:
    head, message = REFUSED[name]
    path = tmp_path / "head.keras"
    made(head()).save(path)
    with pytest.raises(ModelInvalid, match=message) as caught:
        head_of(path)
    assert caught.value.hint


def test_branches_are_refused(tmp_path: Path) -> None:
    inputs = keras.Input((4, FEATURES))
    x = L.LSTM(3, name="one")(inputs)
    y = L.LSTM(3, name="two")(inputs)
    joined = L.Dense(1, activation="sigmoid")(L.Concatenate()([x, y]))
    keras.Model(inputs, joined).save(tmp_path / "fork.keras")
    with pytest.raises(ModelInvalid, match=r"'two' \(LSTM\) branches off after"):
        head_of(tmp_path / "fork.keras")


def test_a_stateful_lstm_is_refused(tmp_path: Path) -> None:
    layers = [keras.Input(batch_shape=(1, 4, FEATURES)), L.LSTM(3, stateful=True, name="kept")]
    keras.Sequential([*layers, L.Dense(1, activation="sigmoid")]).save(tmp_path / "s.keras")
    with pytest.raises(ModelInvalid, match=r"'kept' \(LSTM\) is stateful"):
        head_of(tmp_path / "s.keras")
