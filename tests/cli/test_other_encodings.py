"""What is read and written where the system's encoding is not UTF-8, as on Windows."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import sys

import pytest

from unmask.cli import main
from unmask.cli.streams import set_encodings
from unmask.store import Filters, History

NAME = "Ünï – видео.png"  # the code page of Western Europe has the first half of it


def feed(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.fixture
def print_to_a_pipe(monkeypatch):
    """Make standard output a pipe of Windows: its code page, and line ends that become two signs.

    Not yet before the test itself begins: pytest puts a standard output of its own there.
    """

    def begin():
        stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", newline="\r\n")
        monkeypatch.setattr(sys, "stdout", stream)
        return stream

    return begin


@pytest.fixture
def named(tmp_path, make_portrait):
    return make_portrait(tmp_path / "in" / NAME)


def test_json_is_utf_8(scan, named, print_to_a_pipe):
    pipe = print_to_a_pipe()
    assert scan(named, "--json", "-").code == 0
    written = pipe.buffer.getvalue()
    assert json.loads(written.decode("utf-8"))["media"]["name"] == NAME
    assert b"\r" not in written


def test_a_csv_has_one_end_to_a_line(scan, named, print_to_a_pipe):
    pipe = print_to_a_pipe()
    assert scan(named, "--csv", "-").code == 0
    text = pipe.buffer.getvalue().decode("utf-8")
    assert [row[0] for row in csv.reader(io.StringIO(text, newline=""))] == ["input", str(named)]
    assert "\r\r" not in text


def test_the_other_documents_too(home, scan, named, print_to_a_pipe, monkeypatch):
    pipe = print_to_a_pipe()
    assert scan(named, "--quiet").code == 0
    monkeypatch.setenv("UNMASK_CACHE", str(home / "кэш"))
    assert main(["doctor", "--json"]) in (0, 3)
    assert json.loads(pipe.buffer.getvalue().decode("utf-8"))["Folders"]["cache"].count("кэш")
    pipe.buffer.seek(0)
    pipe.buffer.truncate()
    with History() as past:
        (entry,) = past.list(Filters(), limit=1)
    assert main(["history", "show", entry.id, "--json"]) == 0
    assert json.loads(pipe.buffer.getvalue().decode("utf-8"))["media"]["name"] == NAME


def test_pipes_of_windows_take_utf_8_unless_told_otherwise(print_to_a_pipe, monkeypatch):
    pipe = print_to_a_pipe()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    set_encodings()
    print(NAME, end="", flush=True)
    assert pipe.buffer.getvalue() == NAME.encode()
    pipe.reconfigure(encoding="cp1252")
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    set_encodings()
    assert (pipe.encoding, pipe.errors) == ("cp1252", "backslashreplace")


def test_a_table_is_ruled_with_what_the_encoding_has(scan, named, print_to_a_pipe):
    pipe = print_to_a_pipe()
    assert scan(named).code == 0
    text = pipe.buffer.getvalue().decode("cp1252")
    assert "\\u2500" not in text
    assert "\n-----" in text


@pytest.mark.parametrize(
    "write",
    [
        lambda text: text.encode("utf-16"),  # PowerShell 5: ... > list.txt
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.encode("utf-8-sig"),  # PowerShell 7, as many set it up
    ],
)
def test_lists_that_powershell_wrote(scan, named, portrait, monkeypatch, write):
    feed(monkeypatch, write(f"{named}\r\n{portrait}\r\n"))
    found = scan("-", "--json", "-").json["results"]
    assert [result["media"]["name"] for result in found] == [NAME, portrait.name]


def test_a_list_in_the_code_page_of_a_console(scan, tmp_path, make_portrait, monkeypatch):
    """``dir /b | unmask scan -``: Python for Windows takes names to be UTF-8, and raises."""
    path = make_portrait(tmp_path / "Grüße.png")
    cp850, real = codecs.lookup("cp850"), os.fsdecode
    strict = lambda name: name.decode() if isinstance(name, bytes) else real(name)  # noqa: E731
    monkeypatch.setattr(os, "fsdecode", strict)
    codecs.register(known := lambda name: cp850 if name == "oem" else None)
    try:
        feed(monkeypatch, f"{path}\r\n".encode("cp850"))
        (result,) = scan("-", "--json", "-").json["results"]
    finally:
        codecs.unregister(known)
    assert result["media"]["name"] == "Grüße.png"
