"""Weights of a Keras Xception to begin a fit with, and networks that are only like it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from keras_files import FRAMES, KERAS, SIDE, L, keras, write_keras2, xception

from unmask.cli.models import models as models_command
from unmask.core.errors import ModelInvalid, UsageError
from unmask.models.keras.archive import Archive, open_archive
from unmask.models.keras.clip_model import read_clip_model
from unmask.models.keras.importing import ImportOptions, import_keras, options_from
from unmask.models.keras.level import find_trunk
from unmask.models.keras.saved import saved_model
from unmask.models.keras.start import read_keras_trunk
from unmask.models.xception import Xception
from unmask.training.start import start_from

pytestmark = KERAS


@pytest.fixture(scope="module")
def network() -> Any:
    """Xception with a classifier of two classes."""
    return xception(top=2)


@pytest.fixture(scope="module")
def whole(network: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It as a ``.keras`` file."""
    path = tmp_path_factory.mktemp("keras") / "xception.keras"
    network.save(path)
    return path


@pytest.fixture(scope="module")
def archive(whole: Path) -> Iterator[Archive]:
    """The file, open."""
    with open_archive(whole) as opened:
        yield opened


@pytest.fixture(scope="module")
def expected(network: Any) -> dict[str, Any]:
    """A few of its weights under our names."""
    named = {layer.name: layer for layer in network.layers}
    kernel = named["block13_sepconv2"].get_weights()
    beside = next(layer for layer in network.layers if layer.name.startswith("conv2d"))
    return {
        "conv1.weight": named["block1_conv1"].get_weights()[0].transpose(3, 2, 0, 1),
        "bn4.running_var": named["block14_sepconv2_bn"].get_weights()[3],
        "block12.rep.4.conv1.weight": kernel[0].transpose(2, 3, 0, 1),
        "block12.rep.4.pointwise.weight": kernel[1].transpose(3, 2, 0, 1),
        "block1.skip.weight": beside.get_weights()[0].transpose(3, 2, 0, 1),
    }


def agrees(state: dict[str, Any], expected: dict[str, Any]) -> None:
    names = {name for name in Xception().state_dict() if "num_batches" not in name}
    assert names == {name for name in state if "num_batches" not in name}
    for name, value in expected.items():
        np.testing.assert_array_equal(np.asarray(state[name]), value, err_msg=name)


def test_a_fit_begins_with_the_weights(whole: Path, expected: dict[str, Any]) -> None:
    start = start_from(str(whole), "xception", [], seed=1)
    assert start.fresh == {"head.weight", "head.bias", "cells.weight", "cells.bias"}
    agrees(start.frames.trunk.state_dict(), expected)
    with pytest.raises(ModelInvalid, match="another network"):
        start_from(str(whole), "debug", [], seed=1)


def test_without_a_classifier_in_the_older_format(
    network: Any, expected: dict[str, Any], tmp_path: Path
) -> None:
    bare = keras.Model(network.input, network.layers[-3].output)
    assert bare.layers[-1].name == "block14_sepconv2_act"
    bare.save(tmp_path / "notop.h5")
    agrees(read_keras_trunk(tmp_path / "notop.h5"), expected)


@pytest.mark.parametrize("weights_only", [True, False])
def test_files_of_keras_2(
    network: Any, expected: dict[str, Any], tmp_path: Path, weights_only: bool
) -> None:
    """Those that keras.applications downloads hold weights alone."""
    path = tmp_path / "keras2.h5"
    write_keras2(network, path, weights_only=weights_only)
    agrees(read_keras_trunk(path), expected)


def test_inside_a_model_of_clips(network: Any, expected: dict[str, Any], tmp_path: Path) -> None:
    inside = keras.Model(network.input, network.layers[-2].output)
    model = keras.Sequential([keras.Input((FRAMES, SIDE, SIDE, 3)), L.TimeDistributed(inside)])
    model.save(tmp_path / "clips.keras")
    agrees(read_keras_trunk(tmp_path / "clips.keras"), expected)
    with pytest.raises(ModelInvalid, match="no Dense layer"):
        read_clip_model(tmp_path / "clips.keras")


def test_other_networks_are_refused(tmp_path: Path) -> None:
    small = keras.Sequential([keras.Input((32, 32, 3)), L.Conv2D(8, 3, name="first"), L.ReLU()])
    small.save(tmp_path / "small.keras")
    with pytest.raises(ModelInvalid, match=r"small.keras: layer 'first' \(Conv2D\) has") as caught:
        start_from(str(tmp_path / "small.keras"), "xception", [], seed=1)
    assert "docs/keras.md" in caught.value.hint
    keras.Sequential([keras.Input((3,)), L.Dense(2)]).save(tmp_path / "dense.keras")
    with pytest.raises(ModelInvalid, match="there is no Xception in the model"):
        read_keras_trunk(tmp_path / "dense.keras")
    write_keras2(small, tmp_path / "small.h5", weights_only=True)
    with pytest.raises(ModelInvalid, match=r"small.h5: there is no layer 'block1_conv1'"):
        read_keras_trunk(tmp_path / "small.h5")


def _set(layer: str, **settings: Any) -> Callable[[dict[str, Any]], None]:
    def edit(layers: dict[str, Any]) -> None:
        layers[layer]["config"].update(settings)

    return edit


def _kind(layer: str, kind: str) -> Callable[[dict[str, Any]], None]:
    def edit(layers: dict[str, Any]) -> None:
        layers[layer]["class_name"] = kind

    return edit


def _another_way(layers: dict[str, Any]) -> None:
    """An addition that adds its own block's first layer."""
    additions = [layer for layer in layers.values() if layer["class_name"] == "Add"]
    arguments = additions[3]["inbound_nodes"][0]["args"][0]  # Keras numbers their names on and on
    arguments[1]["config"]["keras_history"][0] = "block5_sepconv3_act"


DEVIATIONS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "padding": (_set("block1_conv1", padding="same"), "'block1_conv1' .* has padding same"),
    "stride": (_set("block1_conv2", strides=[2, 2]), "'block1_conv2' .* has strides"),
    "width": (_set("block2_sepconv1", filters=64), "'block2_sepconv1' .* has filters 64"),
    "dilation": (_set("block6_sepconv1", dilation_rate=[2, 2]), "'block6_sepconv1' .*dilation"),
    "function": (_set("block5_sepconv2_act", activation="gelu"), "'block5_sepconv2_act' .* gelu"),
    "epsilon": (_set("block9_sepconv1_bn", epsilon=1e-5), "'block9_sepconv1_bn' .* epsilon"),
    "order": (_set("block4_sepconv1", data_format="channels_first"), "has data_format"),
    "pooling": (_kind("block3_pool", "AveragePooling2D"), "'block3_pool' .* max pooling"),
    "kind": (_kind("block7_sepconv2", "Conv2D"), "'block7_sepconv2' .* separable convolution"),
    "branch": (_another_way, "'.*' .* stands where Xception has|does not add what Xception adds"),
}


@pytest.mark.parametrize("name", DEVIATIONS)
def test_what_is_only_like_xception_is_refused(name: str, archive: Archive) -> None:
    edit, message = DEVIATIONS[name]
    config = copy.deepcopy(archive.config)
    assert config is not None
    edit({layer["name"]: layer for layer in config["config"]["layers"]})
    with pytest.raises(ModelInvalid, match=message):
        find_trunk(saved_model(replace(archive, config=config)))


def test_weights_of_other_shapes_are_refused(archive: Archive) -> None:
    """As where the configuration and the weights come from different models."""
    config = copy.deepcopy(archive.config)
    assert config is not None
    layers = config["config"]["layers"]
    first = next(i for i, one in enumerate(layers) if one["name"] == "block5_sepconv1")
    moved = layers.pop(first)
    layers.insert(2, moved)  # where each one's weights lie goes by the order
    with pytest.raises(ModelInvalid, match="weight of shape"):
        find_trunk(saved_model(replace(archive, config=config)))


def clip_model(path: Path, *before: Any, shape: Any = (FRAMES, SIDE, SIDE, 3)) -> Path:
    """A model that is refused, if at all, before Xception is looked at."""
    layers = [keras.Input(shape), *before, L.TimeDistributed(L.Conv2D(2, 3, name="conv"))]
    keras.Sequential(layers).save(path)
    return path


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((SIDE, SIDE, 3), "not clips"),
        ((FRAMES, SIDE, SIDE, 1), "not clips"),
        ((FRAMES, SIDE, 80, 3), "frames of 71×80"),
    ],
)
def test_other_inputs_are_refused(tmp_path: Path, shape: Any, message: str) -> None:
    wrapped = [L.TimeDistributed(L.Dropout(0.1))] if len(shape) == 4 else []
    layers = [keras.Input(shape), *wrapped]
    keras.Sequential([*layers, L.Dense(1)]).save(tmp_path / "other.keras")
    with pytest.raises(ModelInvalid, match=message):
        read_clip_model(tmp_path / "other.keras")


@pytest.mark.parametrize("turned", [lambda x: 255.0 - x, lambda x: 255.0 / x])
def test_pixels_that_are_turned_round_are_refused(tmp_path: Path, turned: Any) -> None:
    """Taken for ``x - 255`` the model would answer, and be shown negatives."""
    inputs = keras.Input((FRAMES, SIDE, SIDE, 3))
    path = tmp_path / "turned.keras"
    keras.Model(inputs, L.TimeDistributed(L.Conv2D(2, 3))(turned(inputs))).save(path)
    with pytest.raises(ModelInvalid, match="arithmetic on something else"):
        read_clip_model(path)


def test_another_backbone_is_refused_by_name(tmp_path: Path) -> None:
    path = clip_model(tmp_path / "other.keras")
    with pytest.raises(
        ModelInvalid, match=r"other.keras: layer '.*conv' \(Conv2D\) stands where Xception"
    ):
        import_keras(path, tmp_path / "out", ImportOptions())
    assert not (tmp_path / "out").exists()


def test_options_out_of_range_and_taken_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--step"):
        options_from(step_s=9.0)
    with pytest.raises(UsageError, match="--name"):
        options_from(name="../up")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("mine")
    with pytest.raises(UsageError, match="exists and is not empty"):
        import_keras(tmp_path / "none.h5", tmp_path / "taken", ImportOptions())


def test_the_command_says_what_it_assumed(tmp_path: Path) -> None:
    """Through the command line, on a model whose input leaves size and length open."""
    trunk = xception()
    layers = [
        keras.Input((None, SIDE, SIDE, 3)),
        L.Rescaling(2, offset=-1),
        L.TimeDistributed(trunk),
        L.LSTM(3),
        L.Dense(1, activation="sigmoid"),
    ]
    path = tmp_path / "open.keras"
    keras.Sequential(layers).save(path)
    run = CliRunner()
    words = ["import-keras", str(path), "--out", str(tmp_path / "out")]
    first = run.invoke(models_command, words)
    assert isinstance(first.exception, ModelInvalid)
    assert "it was given pixels scaled beforehand" in str(first.exception)
    second = run.invoke(models_command, [*words, "--scaling", "unit"])
    assert isinstance(second.exception, UsageError)
    assert second.exception.hint == "say --frames N"
    third = run.invoke(models_command, [*words, "--scaling", "unit", "--frames", "5"])
    assert third.exception is None, third.exception
    assert "pixels are scaled as told: unit" in third.stderr
    assert "an answer of 1 is taken for 'manipulated'" in third.stderr
    assert "Xception, LSTM 3, Dense 1 (sigmoid)" in third.stderr
