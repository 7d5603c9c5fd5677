"""Files that are no whole Keras model, or try something: each is refused, none runs code."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from keras_files import KERAS, L, keras

from unmask.core.errors import MissingExtra, ModelInvalid, ModelNotFound
from unmask.models.keras.archive import open_archive
from unmask.models.keras.clip_model import read_clip_model
from unmask.models.keras.level import stages
from unmask.models.keras.saved import open_saved

pytestmark = KERAS


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one small model in both formats."""
    folder = tmp_path_factory.mktemp("keras")
    layers = [keras.Input((3, 16)), L.LSTM(2, name="lstm"), L.Dense(1, name="out")]
    model = keras.Sequential(layers)
    model.save(folder / "model.keras")
    model.save(folder / "model.h5")
    return folder


def test_whole_files_open(saved: Path) -> None:
    for suffix in ("keras", "h5"):
        with open_saved(saved / f"model.{suffix}") as model:
            assert [stage.layer.name for stage in stages(model)] == ["lstm", "out"]
            weights = model.weights(next(stages(model)).layer)
            assert weights["kernel"].shape == (16, 8)


def _pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"weights": [1.0]}))


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "saved_model.pb").write_bytes(b"\x08\x01")


def _other_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")


def _configuration_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (80 << 20))


def _deep_json(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "[" * 200_000)
        archive.writestr("metadata.json", "{}")


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "nothing": (lambda path: path.write_bytes(b"") and None, "neither HDF5 nor"),
    "a pickle": (_pickle, "is a pickle, which would run code"),
    "a picture": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n") and None, "neither HDF5"),
    "a SavedModel": (_folder, "a TensorFlow SavedModel"),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "another zip": (_other_zip, "has no config.json"),
    "a bomb": (_configuration_bomb, "too large"),
    "deep JSON": (_deep_json, "no JSON"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_keras_file_is_refused(name: str, tmp_path: Path) -> None:
    write, message = BAD[name]
    path = tmp_path / "model.keras"
    write(path)
    with pytest.raises(ModelInvalid, match=message):
        read_clip_model(path)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_file_cut_short_is_refused(
    saved: Path, tmp_path: Path, suffix: str, share: float
) -> None:
    data = (saved / f"model.{suffix}").read_bytes()
    path = tmp_path / f"short.{suffix}"
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ModelInvalid):
        read_clip_model(path)


def test_an_absent_file_and_an_absent_extra(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelNotFound, match="none"):
        read_clip_model(tmp_path / "none.h5")
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(MissingExtra, match="'train'"):
        read_clip_model(saved / "model.h5")


def changed(saved: Path, path: Path, change: Callable[[Any], None]) -> Path:
    """A copy of the ``.h5`` file, changed."""
    path.write_bytes((saved / "model.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def weights_of(path: Path) -> Any:
    with open_saved(path) as model:
        return model.weights(next(stages(model)).layer)


def _kernel(file: Any) -> tuple[Any, str]:
    """The group of the LSTM's kernel and its name there."""
    group = file["model_weights/lstm"]
    name = next(n for n in group.attrs["weight_names"] if "/kernel" in str(n))
    return group, name.decode() if isinstance(name, bytes) else name


def _replaced(make: Callable[[Any, str], None]) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        group, name = _kernel(file)
        del group[name]
        make(group, name)

    return change


def _external_data(group: Any, name: str) -> None:
    group.create_dataset(name, (16, 8), "f4", external=[("/etc/hostname", 0, 512)])


def _virtual(group: Any, name: str) -> None:
    layout = h5py.VirtualLayout((16, 8), "f4")
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", (16, 8), "f4")
    group.create_virtual_dataset(name, layout)


def _link(group: Any, name: str) -> None:
    group[name] = h5py.ExternalLink("/etc/hostname", "/")


def _soft(group: Any, name: str) -> None:
    group[name] = h5py.SoftLink("/model_weights/out")


def _claims_a_gigabyte(group: Any, name: str) -> None:
    group.create_dataset(name, (1 << 14, 1 << 14), "f4", chunks=(1 << 10, 1 << 10))


TRICKS: dict[str, tuple[Callable[[Any, str], None], str]] = {
    "data in another file": (_external_data, "lacks the weight"),
    "a virtual data set": (_virtual, "lacks the weight"),
    "a link to another file": (_link, "is a link"),
    "a link inside": (_soft, "is a link"),
    "a size that is not there": (_claims_a_gigabyte, "no weight"),
    "no data": (lambda _group, _name: None, "lacks the weight"),
    "text": (lambda g, n: g.create_dataset(n, data=b"x") and None, "no weight"),
    "whole numbers": (lambda g, n: g.create_dataset(n, data=np.ones((16, 8), int)), "no weight"),
    "no numbers": (
        lambda g, n: g.create_dataset(n, data=np.full((16, 8), np.nan, "f4")),
        "no numbers",
    ),
}


@pytest.mark.parametrize("name", TRICKS)
def test_weights_that_are_not_what_keras_writes_are_refused(
    saved: Path, tmp_path: Path, name: str
) -> None:
    make, message = TRICKS[name]
    path = changed(saved, tmp_path / "trick.h5", _replaced(make))
    with pytest.raises(ModelInvalid, match=message):
        weights_of(path)


def _configured(edit: Callable[[Any], None]) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        config = json.loads(file.attrs["model_config"])
        edit(config)
        file.attrs["model_config"] = json.dumps(config)

    return change


def _custom(config: Any) -> None:
    config["config"]["layers"][1]["registered_name"] = "my_package>LSTM"


def _lambda(config: Any) -> None:
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None}}
    own = {"name": "trick", "function": code}
    config["config"]["layers"].insert(1, {"class_name": "Lambda", "config": own})


def _subclass(config: Any) -> None:
    config["class_name"] = "MyModel"


def _many_outputs(config: Any) -> None:
    config["class_name"] = "Functional"
    config["config"]["output_layers"] = [["lstm", 0, 0], ["out", 0, 0]]


CONFIGS: dict[str, tuple[Callable[[Any], None], str]] = {
    "a layer of one's own": (_custom, r"'lstm' \(LSTM\) is a layer of 'my_package'"),
    "a subclassed model": (_subclass, "of the class 'MyModel'"),
    "several outputs": (_many_outputs, "has several outputs"),
    "no layers": (lambda config: config["config"].pop("layers"), "not as Keras 2 or 3 writes"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configurations_of_other_models_are_refused(saved: Path, tmp_path: Path, name: str) -> None:
    edit, message = CONFIGS[name]
    path = changed(saved, tmp_path / "other.h5", _configured(edit))
    with pytest.raises(ModelInvalid, match=message):
        weights_of(path)


def test_a_lambda_is_refused_by_its_name_and_not_run(saved: Path, tmp_path: Path) -> None:
    path = changed(saved, tmp_path / "lambda.h5", _configured(_lambda))
    with pytest.raises(ModelInvalid, match="3×16, not clips"):
        read_clip_model(path)  # whose input alone would do
    with open_saved(path) as model:
        layer = next(stages(model)).layer
        from unmask.models.keras.steps import read_steps

        with pytest.raises(ModelInvalid, match=r"'trick' \(Lambda\) is not read"):
            read_steps(model, layer, framewise=False)


def test_weights_alone_and_other_versions_are_refused(saved: Path, tmp_path: Path) -> None:
    def no_model(file: Any) -> None:
        del file.attrs["model_config"]

    def old(file: Any) -> None:
        file.attrs["keras_version"] = "1.2.2"

    with pytest.raises(ModelInvalid, match="weights without the model"):
        weights_of(changed(saved, tmp_path / "weights.h5", no_model))
    with pytest.raises(ModelInvalid, match=r"Keras 1\.2\.2, not 2 or 3"):
        weights_of(changed(saved, tmp_path / "old.h5", old))


def test_a_model_of_features_is_no_model_of_clips(saved: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"takes \?×3×16, not clips: N×T×H×W×3"):
        read_clip_model(saved / "model.keras")


def test_nothing_is_left_open(saved: Path) -> None:
    with open_archive(saved / "model.h5") as archive:
        weights = archive.weights
    assert not weights


def test_bytes_that_are_wrong_are_refused_or_not_noticed(saved: Path, tmp_path: Path) -> None:
    """Never anything but a model or a refusal, wherever an archive is damaged."""
    random = np.random.default_rng(7)
    data = (saved / "model.keras").read_bytes()
    path = tmp_path / "damaged.keras"
    refused = 0
    for _ in range(60):
        bad = bytearray(data)
        for place in random.integers(0, len(bad), 3):
            bad[place] = random.integers(0, 256)
        path.write_bytes(bad)
        try:
            weights_of(path)
        except ModelInvalid:
            refused += 1
    assert refused > 10


@pytest.mark.parametrize("signature", [b"TREE", b"SNOD", b"HEAP"])
def test_damage_inside_hdf5_is_refused(saved: Path, tmp_path: Path, signature: bytes) -> None:
    """Where h5py raises classes of its own, in the older format, which has no checksums."""
    data = (saved / "model.h5").read_bytes()
    assert signature in data
    path = tmp_path / "damaged.h5"
    path.write_bytes(data.replace(signature, b"ROTS"))
    with pytest.raises(ModelInvalid):
        weights_of(path)
