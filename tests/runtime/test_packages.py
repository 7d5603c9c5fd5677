"""Model packages: what is accepted, and what each flaw is called."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx.external_data_helper import set_external_data
from tiny_model import write_tiny_model

from unmask.core.errors import ModelAltered, ModelInvalid, ModelNotFound
from unmask.runtime import ModelPackage, find_package, shipped_packages
from unmask.runtime.graphs import check_enclosed
from unmask.runtime.package import file_sha256


@pytest.fixture
def package(tmp_path: Path, tiny_model: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "tiny"))


def edit(package: Path, **changes: Any) -> None:
    path = package / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_sound_package_verifies_and_names_itself(package: Path) -> None:
    loaded = ModelPackage.load(package)
    loaded.verify()
    assert (loaded.manifest.name, loaded.manifest.version) == ("tiny", "0.1")
    assert "looks at brightness" in loaded.card
    assert len(loaded.reference().sha256) == 64


def test_a_card_is_optional(package: Path) -> None:
    (package / "README.md").unlink()
    assert ModelPackage.load(package).card == ""


@pytest.mark.parametrize("name", ["backbone.onnx", "temporal.onnx", "README.md"])
def test_one_changed_byte_is_found(package: Path, name: str) -> None:
    path = package / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelAltered, match=name) as caught:
        ModelPackage.load(package).verify()
    assert caught.value.hint


def test_a_missing_file_is_found(package: Path) -> None:
    (package / "temporal.onnx").unlink()
    with pytest.raises(ModelAltered, match=r"temporal\.onnx cannot be read: No such file"):
        ModelPackage.load(package).verify()


def outside(package: Path, name: str, weight: str = "weights.bin") -> None:
    """Move a graph's largest weight into a file beside it, as ONNX allows."""
    path = package / name
    graph = onnx.load(path)
    largest = max(graph.graph.initializer, key=lambda one: len(one.raw_data))
    (package / weight).write_bytes(largest.raw_data)
    set_external_data(largest, weight, offset=0, length=len(largest.raw_data))
    largest.ClearField("raw_data")
    path.write_bytes(graph.SerializeToString())


def as_xml(package: Path, name: str) -> None:
    """OpenVINO's own format under ONNX's name: its weights lie in the .bin beside."""
    ov = pytest.importorskip("openvino")
    path = package / name
    ov.save_model(ov.Core().read_model(path), path.with_suffix(".xml"))
    path.with_suffix(".xml").replace(path)
    assert ov.Core().read_model(path)


@pytest.mark.parametrize("spoil", [outside, as_xml])
@pytest.mark.parametrize("name", ["backbone.onnx", "temporal.onnx"])
def test_weights_that_no_hash_covers_are_refused(
    package: Path, name: str, spoil: Callable[[Path, str], None]
) -> None:
    spoil(package, name)
    files = json.loads((package / "model.json").read_text())["files"]
    edit(package, files=files | {name: file_sha256(package / name)})
    with pytest.raises(ModelInvalid, match=rf"{name} takes weights from other files"):
        ModelPackage.load(package).verify()


@pytest.mark.parametrize("tag", [b"\x0a", b"\x8a\x00", b"\x8a\x80\x80\x00"])
@pytest.mark.parametrize("length", [b"\x08", b"\x88\x00", b"\x88\x80\x80\x00"])
def test_numbers_written_longer_than_need_be_hide_nothing(
    tmp_path: Path, tag: bytes, length: bytes
) -> None:
    graph = tmp_path / "graph.onnx"
    graph.write_bytes(b"\x08\x08" + tag + length + b"location")
    with pytest.raises(ModelInvalid):
        check_enclosed(graph)
    graph.write_bytes(b"\x08\x08\x0a\x09/location")  # a name in which the word occurs
    check_enclosed(graph)


def test_a_calibration_of_single_stretches_is_whole_and_not_written_where_there_is_none(
    package: Path,
) -> None:
    numbers = json.loads((package / "model.json").read_text())["calibration"]
    plain = ModelPackage.load(package).manifest.calibration
    assert plain.line(1) == plain.line(4) == (numbers["face_scale"], numbers["face_offset"])
    assert plain.model_dump() == numbers
    assert json.loads(plain.model_dump_json()) == numbers
    edit(package, calibration=numbers | {"stretch_scale": 2.0, "stretch_offset": 0.5})
    told = ModelPackage.load(package).manifest.calibration
    assert (told.line(0), told.line(1), told.line(2)) == (plain.line(2), (2.0, 0.5), plain.line(2))
    edit(package, calibration=numbers | {"stretch_scale": 2.0})
    with pytest.raises(ModelInvalid, match="stretch_scale and stretch_offset belong together"):
        ModelPackage.load(package)


def test_changed_calibration_is_another_model(package: Path) -> None:
    before = ModelPackage.load(package).reference()
    edit(package, thresholds={"low": 0.1, "high": 0.2})
    assert ModelPackage.load(package).reference().sha256 != before.sha256


def test_a_package_is_named_by_the_manifest_that_is_in_use(package: Path) -> None:
    """Calibrated anew while a scan goes on: what scores is still the one that was read."""
    loaded = ModelPackage.load(package)
    before = loaded.reference()
    assert before.sha256 == file_sha256(package / "model.json")
    edit(package, thresholds={"low": 0.1, "high": 0.2})
    assert loaded.reference() == before
    (package / "model.json").unlink()
    assert loaded.reference() == before


def test_a_relative_folder_is_the_same_one_from_elsewhere(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(package.parent)
    loaded = find_package(f"./{package.name}")
    monkeypatch.chdir("/")
    loaded.verify()
    assert loaded.folder == package
    assert loaded.card


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "a/b.onnx", "..", "", "a\\b", ".hidden", "C:evil", "a\nb"]
)
def test_file_names_stay_in_the_folder(package: Path, name: str) -> None:
    files = json.loads((package / "model.json").read_text())["files"]
    edit(package, files=files | {name: "0" * 64})
    with pytest.raises(ModelInvalid, match="files"):
        ModelPackage.load(package)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"files": {}}, "backbone.onnx, temporal.onnx"),
        ({"schema": "unmask.model/9"}, "schema"),
        ({"thresholds": {"low": 0.9, "high": 0.1}}, "thresholds.low"),
        ({"thresholds": {"low": 0.9, "high": 1.1}}, "thresholds.high"),
        ({"crop": {"size": 10_000, "margin": 1.3}}, "crop.size"),
        ({"crop": {"size": 224, "margin": float("nan")}}, "crop.margin"),
        ({"clip": {"frames": 8, "step_s": 0.1, "sampled": 3}}, "half a clip"),
        ({"pooling": {"share": 1.0, "sharpness": 2}}, "pooling.share"),
        ({"name": "Not A Name"}, "name"),
        ({"surprise": 1}, "surprise"),
        ({"files": {"backbone.onnx": "short", "temporal.onnx": "0" * 64}}, "files"),
    ],
)
def test_a_wrong_manifest_is_named_in_one_line(
    package: Path, changes: dict[str, Any], named: str
) -> None:
    edit(package, **changes)
    with pytest.raises(ModelInvalid) as caught:
        ModelPackage.load(package)
    assert named in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe\x00", b"null"])
def test_what_is_no_manifest_is_invalid(package: Path, text: bytes) -> None:
    (package / "model.json").write_bytes(text)
    with pytest.raises(ModelInvalid):
        ModelPackage.load(package)


def test_a_folder_without_manifest_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="No such file"):
        ModelPackage.load(tmp_path)
    with pytest.raises(ModelNotFound):
        find_package(str(tmp_path))


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(ModelNotFound, match="'nonsense'") as caught:
        find_package("nonsense")
    assert "shipped:" in caught.value.hint


def test_a_folder_is_found_by_its_path(package: Path) -> None:
    assert find_package(str(package)).manifest.name == "tiny"


def test_shipped_packages_verify() -> None:
    for package in shipped_packages():
        package.verify()
        assert find_package(package.manifest.name).folder == package.folder


def test_default_without_any_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("unmask.runtime.package.assets_folder", lambda: tmp_path)
    with pytest.raises(ModelNotFound, match="ships no model"):
        find_package()
    write_tiny_model(tmp_path / "models" / "only", name="only")
    assert find_package().manifest.name == "only"
