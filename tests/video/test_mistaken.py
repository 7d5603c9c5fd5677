"""What is handed in instead of a film is named, and nothing else is taken for it."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from media_factory import info_of

from unmask.core.errors import NotMedia
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
        (b"\xff\x0a\xfa\x1f", "picture of a kind that is not opened here (JPEG XL)"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "(JPEG XL)"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "(JPEG 2000)"),
        (b"\xff\x4f\xff\x51\0\x2f", "(JPEG 2000)"),
        (b"8BPS\0\1", "(Photoshop)"),
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


@pytest.mark.parametrize("order", "<>")
def test_a_tiff_of_floats_is_called_one(tmp_path, order):
    """Rather than no picture at all. One of grey floats is read."""
    path = tmp_path / "a.tif"
    tags = {256: (3, 4), 257: (3, 4), 258: (3, 32), 259: (3, 1), 262: (3, 2), 273: (4, 200),
            277: (3, 3), 278: (3, 4), 279: (4, 192), 339: (3, 3)}  # fmt: skip
    words = {3: "H2x", 4: "I"}
    listed = b"".join(
        struct.pack(f"{order}HHI{words[kind]}", tag, kind, 1, value)
        for tag, (kind, value) in tags.items()
    )
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    whole = head + struct.pack(f"{order}H", len(tags)) + listed + bytes(4)
    path.write_bytes(whole.ljust(200, b"\0") + bytes(192))
    with pytest.raises(NotMedia, match="floating-point"):
        info_of(path)


@pytest.mark.parametrize(
    "head", [b"", b"Dear all,\n", b"I saw it at https://example.org/ today\n", bytes(1024)]
)
def test_anything_else_is_not(head):
    assert mistaken_for_film(Path("clip.mp4"), head) is None
