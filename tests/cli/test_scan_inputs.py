"""Which files a scan tries."""

from __future__ import annotations

import io
import os
import sys

import pytest


def names(ran) -> list[str]:
    return [
        result["media"]["name"] if "media" in result else result["input"]
        for result in ran.json["results"]
    ]


def feed(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_folder_is_walked_in_order(scan, tmp_path, make_portrait):
    folder = tmp_path / "in"
    for shade, name in enumerate(["b.png", "a.PNG", "c/d/e.jpeg", "c/a.webp"]):
        make_portrait(folder / name, shade)  # all PNG: a name says where to look, not what it is
    (folder / "notes.txt").write_text("not a picture")
    make_portrait(folder / ".hidden.png")
    make_portrait(folder / ".cache" / "thumb.png")
    assert names(scan(folder, "--json", "-")) == ["a.PNG", "b.png", "a.webp", "e.jpeg"]


def test_files_of_a_folder_without_a_suffix_are_known_by_their_first_bytes(
    scan, tmp_path, make_portrait
):
    """A store that names files by their hash was scanned, and nothing said, as if it were empty."""
    folder = make_portrait(tmp_path / "in" / "seen.png").parent
    make_portrait(folder / "other.png", 1).rename(folder / "0a1b2c")
    for name in ("notes.txt", "more.txt", "README"):
        (folder / name).write_text("not a picture")
    os.mkfifo(folder / "pipe")  # to open it would wait for ever
    ran = scan(folder, "--json", "-")
    assert names(ran) == ["0a1b2c", "seen.png"]
    assert "4 files (2 without suffix, 2 .txt)" in ran.err
    assert "whatever it is called" in ran.err
    for path in folder.glob("*.txt"):
        path.unlink()
    (folder / "README").unlink()
    (folder / "pipe").unlink()
    assert scan(folder, "--json", "-").err == ""


def test_a_file_that_is_named_is_tried_whatever_its_name(scan, portrait):
    hidden = portrait.rename(portrait.with_name(".secret"))
    assert scan(hidden).code == 0


def test_links_to_folders_are_not_followed(scan, tmp_path, make_portrait):
    make_portrait(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    assert names(scan(tmp_path / "in", "--json", "-")) == ["a.png"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\0"])
def test_paths_from_standard_input(scan, portrait, landscape, monkeypatch, end):
    feed(monkeypatch, end.join([os.fsencode(portrait), os.fsencode(landscape), b""]))
    assert names(scan("-", "--json", "-")) == ["portrait.png", "landscape.png"]


def test_standard_input_may_name_folders(scan, portrait, monkeypatch):
    feed(monkeypatch, os.fsencode(portrait.parent))
    assert names(scan("-", "--json", "-")) == ["portrait.png"]


def test_standard_input_with_nothing_in_it(scan, monkeypatch):
    feed(monkeypatch, b"\n \n")
    ran = scan("-")
    assert ran.code == 3
    assert "standard input named no files" in ran.out


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode there")
def test_a_name_that_is_no_text(scan, portrait):
    strange = portrait.rename(os.fsdecode(os.fsencode(portrait.parent) + b"/\xff.png"))
    ran = scan(strange, "--json", "-")
    assert ran.code == 0
    assert ran.json["media"]["name"] == "\\xff.png"
    assert "\\xff.png" in scan(strange).out


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode there")
def test_a_name_that_is_no_text_for_bytes_seen_before(scan, portrait, tmp_path):
    strange = portrait.with_name(os.fsdecode(b"\xff.png"))
    strange.write_bytes(portrait.read_bytes())
    reports = tmp_path / "reports"
    ran = scan(portrait, strange, "--json", "-", "--report", reports)
    assert ran.code == 0
    assert names(ran) == ["portrait.png", "\\xff.png"]
    assert len(list(reports.iterdir())) == 2


def test_a_name_cannot_steer_the_terminal(scan, portrait):
    nasty = portrait.rename(portrait.with_name("\x1b[2Jgone\u202egnp.png"))
    out = scan(nasty).out
    assert "\\x1b[2Jgone\\u202egnp.png" in out
    assert "\x1b" not in out


def test_markup_in_a_name_is_only_text(scan, portrait):
    assert "[bold]a[!].png" in scan(portrait.rename(portrait.with_name("[bold]a[!].png"))).out


@pytest.mark.parametrize("command", ["scan", "evaluate", "calibrate"])
def test_a_budget_that_is_no_number(unmask, command):
    ran = unmask(command, "a", "b", "--timeout", "nan")
    assert ran.code == 2
    assert "nan is no finite number" in ran.err


@pytest.mark.parametrize("option", ["--step", "--margin"])
def test_an_import_takes_numbers(unmask, option):
    ran = unmask("models", "import-keras", "model.h5", option, "nan")
    assert ran.code == 2
    assert "nan is no finite number" in ran.err


def test_a_name_that_reads_as_an_option_is_named_with_the_way_out(scan, portrait, monkeypatch):
    monkeypatch.chdir(portrait.parent)
    name = portrait.rename('-😱 "quoted" <b>.png').name
    refused = scan(name)
    assert refused.code == 2
    assert f"{name} is a file" in refused.err
    assert "Write ./ before it, or -- before all names." in refused.err
    assert scan("--", name).code == scan(f"./{name}").code == 0
    assert "No such option" in scan("-😱.png").err
