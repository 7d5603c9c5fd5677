"""What is handed in instead of a film is named, and nothing else is taken for it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from unmask.video.mistaken import mistaken_for_film


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, b"x" * 50)
    return file.getvalue()


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (zipped("film.mp4"), "archive (ZIP)"),
        (b"Rar!\x1a\x07\x01\x00", "archive (RAR)"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "archive (7z)"),
        (zipped("[Content_Types].xml"), "document"),
        (b"%PDF-1.7\n", "document"),
        (b"<!-- saved from url --><!doctype html><html>", "web page"),
        (b'\xef\xbb\xbf\n<?xml version="1.0"?>\n<html xmlns="x">', "web page"),
        (b"https://example.org/clip.mp4\n", "holds a link"),
        (b"[Desktop Entry]\nType=Link\nURL=https://example.org/", "holds a link"),
        (b'<?xml version="1.0"?><plist><dict><key>URL</key><string>', "holds a link"),
    ],
)
def test_it_is_named_with_a_way_out(head, words):
    error = mistaken_for_film(Path("/in/clip.mp4"), head)
    assert str(error).startswith("/in/clip.mp4: ")
    assert words in str(error)
    assert error.hint


@pytest.mark.parametrize(
    "head", [b"", b"Dear all,\n", b"I saw it at https://example.org/ today\n", bytes(1024)]
)
def test_anything_else_is_not(head):
    assert mistaken_for_film(Path("clip.mp4"), head) is None
