"""``unmask models`` and ``unmask doctor``."""

from __future__ import annotations

import json
import shutil
import sys

import pytest
from tiny_model import write_tiny_model

from unmask import __version__
from unmask.runtime import package


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """An installation that ships two packages."""
    models = tmp_path / "assets" / "models"
    for name in ("first-1", "second-1"):
        write_tiny_model(models / name, name=name)
    monkeypatch.setattr(package, "assets_folder", lambda: tmp_path / "assets")
    return models


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """One that ships none."""
    monkeypatch.setattr(package, "assets_folder", lambda: tmp_path)


def test_the_list_marks_the_default(unmask, shipped):
    ran = unmask("models")
    heading, first, second = ran.out.splitlines()
    assert heading.split() == ["Name", "Version", "Licence", "Architecture", "SHA-256"]
    assert first.split()[:2] == ["first-1", "0.1"]
    assert "default" not in first
    assert second.split()[-1] == "default"


def test_a_shipped_model_is_named(unmask, shipped, portrait):
    ran = unmask("scan", "--model", "first-1", portrait, "--json", "-")
    assert ran.json["model"]["name"] == "first-1"
    assert unmask("scan", portrait, "--json", "-").json["model"]["name"] == "second-1"


def test_an_unknown_name_lists_those_there_are(unmask, shipped):
    ran = unmask("models", "card", "third")
    assert ran.code == 2
    assert "first-1, second-1" in ran.err


def test_nothing_shipped(unmask, bare, portrait):
    assert "ships no model package" in unmask("models").err
    assert "ships no model package" in unmask("models", "verify").err
    ran = unmask("scan", portrait)
    assert ran.code == 2
    assert "--model DIR" in ran.err


def test_whole_packages_verify(unmask, shipped):
    ran = unmask("models", "verify")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "first-1 0.1: 3 files as published",
        "second-1 0.1: 3 files as published",
    ]


@pytest.mark.parametrize("damage", ["altered", "absent"])
def test_a_package_that_is_not_as_published(unmask, shipped, portrait, damage):
    graph = shipped / "first-1" / "backbone.onnx"
    graph.write_bytes(graph.read_bytes() + b"\0") if damage == "altered" else graph.unlink()
    ran = unmask("models", "verify")
    assert ran.code == 3
    assert str(graph) in ran.err
    assert "second-1 0.1: 3 files as published" in ran.out
    scanned = unmask("scan", "--model", "first-1", portrait)
    assert scanned.code == 2
    assert "install" in scanned.err
    assert "Manipulated" not in scanned.out


def test_a_folder_can_be_verified(unmask, tiny_model, tmp_path):
    assert unmask("models", "verify", tiny_model).code == 0
    assert unmask("models", "verify", tmp_path / "none").code == 2


def test_a_folder_that_is_no_package(unmask, tmp_path, portrait):
    ran = unmask("scan", "--model", tmp_path, portrait)
    assert ran.code == 2
    assert "no model package at" in ran.err


def test_the_card_is_printed(unmask, shipped):
    assert unmask("models", "card").out.startswith("# second-1\n\nA toy for tests")
    assert unmask("models", "card", "first-1").out.startswith("# first-1\n")


def test_a_package_without_a_card(unmask, tiny_model, tmp_path):
    shutil.copytree(tiny_model, tmp_path / "tiny")
    (tmp_path / "tiny" / "README.md").unlink()
    ran = unmask("models", "card", tmp_path / "tiny")
    assert (ran.code, ran.out) == (0, "")
    assert "tiny 0.1 has no model card" in ran.err


def test_the_doctor_finds_everything(unmask, shipped):
    ran = unmask("doctor", "--json")
    found = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert found["Versions"]["unmask"] == __version__
    assert found["Runtimes"]["in use"].startswith("openvino on ")
    assert {"h264", "hevc", "vp9", "av1"} <= set(found["Video"]["decodes"].split())
    assert found["Models"] == {"first-1 0.1": "as published", "second-1 0.1": "as published"}
    assert {"onnxruntime", "cuda", "train", "demo"} <= set(found["Extras"])
    assert found["Extras"]["demo"] == "installed"
    assert found["History"]["state"] == "not made yet"


def test_the_doctor_prints_for_people(unmask, shipped):
    ran = unmask("doctor")
    assert ran.code == 0
    assert f"  unmask                  {__version__}" in ran.out
    assert "\x1b" not in ran.out


def test_the_doctor_names_what_keeps_it_from_scanning(unmask, bare):
    ran = unmask("doctor")
    assert ran.code == 3
    assert "ships no model package" in ran.err


def test_the_doctor_sees_an_altered_model_and_a_broken_history(unmask, shipped, home):
    (shipped / "first-1" / "temporal.onnx").write_bytes(b"")
    home.mkdir()
    (home / "history.db").write_text("no database" * 1000)
    ran = unmask("doctor", "--json")
    assert ran.code == 3
    assert ran.json["Models"]["first-1 0.1"] == "altered"
    assert ran.json["History"]["state"] == "cannot be used"
    assert "temporal.onnx" in ran.err
    assert "history.db" in ran.err


def test_a_missing_extra_has_its_command(unmask, shipped, monkeypatch):
    from importlib import metadata

    from unmask.cli import extras

    real = metadata.version

    def version(name):
        if name == "pyarrow":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(extras.metadata, "version", version)
    found = unmask("doctor", "--json").json["Extras"]
    assert found["data"] == 'not installed (lacks pyarrow): pip install "unmask[data]"'
    assert found["test"].count("pyarrow") == 1  # wanted by the extras 'data' and 'evaluate'


def test_what_another_system_needs_is_not_missing(monkeypatch):
    from unmask.cli import extras

    here = ["click; extra == 'web'", f"click; sys_platform == '{sys.platform}' and extra == 'web'"]
    elsewhere = ["no-such-thing>=1; sys_platform == 'plan9' and extra == 'web'"]
    monkeypatch.setattr(extras.metadata, "requires", lambda name: here + elsewhere)
    assert extras.extras() == {"web": "installed"}
    wanted = [f"no-such-thing>=1; sys_platform == '{sys.platform}' and extra == 'web'"]
    monkeypatch.setattr(extras.metadata, "requires", lambda name: here + wanted)
    assert "lacks no-such-thing" in extras.extras()["web"]
