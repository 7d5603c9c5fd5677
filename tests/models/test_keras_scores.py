"""An imported package scores as the Keras model does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from keras_files import FRAMES, KERAS, SIDE, L, enliven, keras, write_keras2, xception
from numpy.typing import NDArray
from skimage.data import astronaut

from unmask.clips import align
from unmask.models.keras.importing import Imported, ImportOptions, import_keras
from unmask.runtime import SessionOptions
from unmask.scoring import Scorer

pytestmark = KERAS
RUNTIMES = ["openvino", "onnxruntime"]
SEED = 3
INPUT = (FRAMES, SIDE, SIDE, 3)
_LANDMARKS = np.array(
    [[208.5, 100.2], [246.5, 102.4], [229.0, 125.0], [208.9, 142.1], [241.8, 143.6]], np.float32
)


@pytest.fixture(autouse=True)
def _same_weights_each_time() -> None:
    """Drawn at random, one head in many tells the two clips hardly apart."""
    keras.utils.set_random_seed(SEED)


@pytest.fixture(scope="module")
def weights() -> list[Any]:
    """Of one Xception, for all models."""
    keras.utils.set_random_seed(SEED)
    made: list[Any] = xception().get_weights()
    return made


@pytest.fixture(scope="module")
def clips() -> NDArray[np.uint8]:
    """Two clips of a face: it comes nearer, and it darkens with noise."""
    random = np.random.default_rng(2)
    near = [align(astronaut(), _LANDMARKS, size=SIDE, margin=1.6 - 0.2 * t).image for t in range(3)]
    dark = [
        np.clip(near[0] * (1 - 0.3 * t) + random.integers(0, 60 * t + 1), 0, 255) for t in range(3)
    ]
    return np.stack([near, dark]).astype(np.uint8)


def scored(package: Any, clips: NDArray[np.uint8], runtime: Any) -> tuple[Any, Any, Any]:
    """P(manipulated) of each clip, of each frame, and the maps."""
    options = SessionOptions(device="cpu", runtime=runtime, precision="f32", cache=False)
    scorer = Scorer(package, options)
    frames = scorer.score_crops(clips.reshape(-1, *clips.shape[2:]))
    logits = scorer.score_clips(list(frames.features.reshape(*clips.shape[:2], -1)))
    shape = clips.shape[:2]
    return _sigmoid(logits), _sigmoid(frames.logits).reshape(shape), frames.maps


def answers(model: Any, clips: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    with torch.no_grad():
        out: NDArray[np.float32] = model(clips.astype(np.float32), training=False).cpu().numpy()
    return out


def brought(model: Any, path: Path, **options: Any) -> Imported:
    model.save(path)
    return import_keras(path, path.with_suffix(""), ImportOptions(**options))


def _sigmoid(logits: Any) -> Any:
    return 1 / (1 + np.exp(-logits))


def test_a_sequential_model(weights: list[Any], clips: NDArray[np.uint8], tmp_path: Path) -> None:
    """As a ``.keras`` file, and its clips, single frames, maps and card."""
    head = [L.Bidirectional(L.LSTM(6)), L.Dropout(0.4), L.Dense(5, activation="relu")]
    head += [L.BatchNormalization(), L.Dense(1, activation="sigmoid")]
    model = keras.Sequential(
        [keras.Input(INPUT), L.TimeDistributed(xception(weights=weights)), *head]
    )
    enliven(*(layer for layer in head if layer.weights))
    made = brought(model, tmp_path / "My Model (2).keras")
    expected = answers(model, clips / 127.5 - 1)[:, 0]
    assert np.ptp(expected) > 0.01
    for runtime in RUNTIMES:
        found, frames, maps = scored(made.package, clips, runtime)
        np.testing.assert_allclose(found, expected, atol=1e-4)
    still = np.repeat(clips[:, 1:2], FRAMES, axis=1)
    np.testing.assert_allclose(frames[:, 1], answers(model, still / 127.5 - 1)[:, 0], atol=1e-4)
    assert maps.shape == (6, 3, 3)
    np.testing.assert_allclose(maps[1], _taken_out(model, clips[0, 1]), atol=2e-2)
    manifest = made.package.manifest
    assert manifest.name == "my-model-2"
    assert (manifest.crop.size, manifest.clip.frames) == (SIDE, FRAMES)
    assert manifest.calibration.frame_weight == 0
    assert set(manifest.files) == {"backbone.onnx", "temporal.onnx", "README.md"}
    assert "Not calibrated" in made.package.card
    assert all(sentence[1:] in made.package.card for sentence in made.assumed)


def _taken_out(model: Any, crop: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The evidence map, from Keras: what the logit loses without a cell, times the cells."""
    trunk = model.layers[0].layer
    grid_of = keras.Model(trunk.input, trunk.layers[-2].output)
    grid = answers(grid_of, crop[None] / 127.5 - 1).reshape(9, 2048)

    def logit(mean: NDArray[np.float32]) -> float:
        x = torch.from_numpy(np.tile(mean, (1, FRAMES, 1)).astype(np.float32))
        with torch.no_grad():
            for layer in model.layers[1:]:
                x = layer(x)
        p = float(x[0, 0].double())
        return float(np.log(p / (1 - p)))

    whole = grid.mean(axis=0)
    falls = [9 * (logit(whole) - logit(whole - cell / 9)) for cell in grid]
    return np.array(falls).reshape(3, 3)


def test_a_functional_model_that_scales_by_itself(
    weights: list[Any], clips: NDArray[np.uint8], tmp_path: Path
) -> None:
    """As an ``.h5`` file of Keras 3, two classes of which the first is the manipulated one."""
    inputs = keras.Input(INPUT)
    x = L.Rescaling(1 / 127.5, offset=-1)(inputs)
    x = L.TimeDistributed(xception(None, weights))(x)
    x = L.TimeDistributed(L.GlobalAveragePooling2D())(x)
    x = L.LSTM(7, return_sequences=True)(x)
    x = L.LSTM(4)(x)
    model = keras.Model(inputs, L.Dense(2, activation="softmax")(x))
    enliven(*model.layers[-3:])
    made = brought(model, tmp_path / "two.h5", manipulated=0)
    assert "scales 0…255 itself" in made.assumed[0]
    expected = answers(model, clips)
    np.testing.assert_allclose(scored(made.package, clips, None)[0], expected[:, 0], atol=1e-4)


def test_a_model_whose_frames_have_a_model_of_their_own(
    weights: list[Any], clips: NDArray[np.uint8], tmp_path: Path
) -> None:
    """Preprocessing by plain arithmetic, Xception nested twice, and layers after its mean."""
    frame = keras.Input(INPUT[1:])
    x = L.RandomFlip()(frame)
    x = keras.applications.xception.preprocess_input(x)
    x = xception(None, weights)(x, training=False)
    x = L.GlobalAveragePooling2D()(x)
    x = L.BatchNormalization()(x)
    x = L.Dense(12, activation="tanh")(x)
    frames = keras.Model(frame, L.Dropout(0.5)(x), name="frames")
    inputs = keras.Input(INPUT)
    x = L.LSTM(4)(L.TimeDistributed(frames)(inputs))
    model = keras.Model(inputs, L.Activation("sigmoid")(L.Dense(1)(x)))
    enliven(frames.layers[-3], frames.layers[-2], model.layers[-2])
    made = brought(model, tmp_path / "nested.keras", channels="bgr", manipulated=0)
    expected = 1 - answers(model, clips[..., ::-1])[:, 0]
    found, frame_scores, _ = scored(made.package, clips, None)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    still = np.repeat(clips[:1, :1, ..., ::-1], FRAMES, axis=1)
    np.testing.assert_allclose(frame_scores[0, 0], 1 - answers(model, still)[0, 0], atol=1e-4)


def test_the_layout_of_keras_2(
    weights: list[Any], clips: NDArray[np.uint8], tmp_path: Path
) -> None:
    """Written as ``tf.keras`` 2 writes it, by its documented format."""
    layers = [
        keras.Input(INPUT),
        L.TimeDistributed(xception(None, weights)),
        L.TimeDistributed(L.GlobalAveragePooling2D()),
        L.TimeDistributed(L.Dense(10, activation="relu")),
        L.Bidirectional(L.LSTM(5)),
        L.Dense(1, activation="sigmoid"),
    ]
    model = keras.Sequential(layers)
    enliven(*model.layers[-3:])
    path = tmp_path / "keras2.h5"
    write_keras2(model, path)
    made = import_keras(path, tmp_path / "made", ImportOptions(scaling="unit"))
    found = scored(made.package, clips, None)[0]
    np.testing.assert_allclose(found, answers(model, clips / 255)[:, 0], atol=1e-4)
    text = json.loads((made.package.folder / "model.json").read_text("utf-8"))
    assert text["training"]["recipe"] == "none: imported from Keras 2.9.0"
