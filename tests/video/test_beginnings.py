"""What is known to be worth trying by its first bytes."""

from __future__ import annotations

import pytest

from unmask.video import begins_as_media


@pytest.mark.parametrize(
    "head",
    [
        b"\xff\xd8\xff\xe0 JPEG",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\0\0\0\0WEBP",
        b"RIFF\0\0\0\0AVI ",
        b"\0\0\0\x20ftypisom",
        b"\0\0\0\x20ftypheic",
        b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x82\x84webm",
        b"G" + b"\0" * 187 + b"G" + b"\0" * 187 + b"G" + b"\0" * 187 + b"G",
    ],
)
def test_videos_and_pictures(tmp_path, head):
    path = tmp_path / "file"
    path.write_bytes(head)
    assert begins_as_media(path)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GIF is a format.",
        b"Good morning",
        b"RIFF\0\0\0\0WAVE",
        b"\0\0\0\x20ftypM4A ",
        b"\0\0\0\x20ftypcrx ",
        b"PK\x03\x04",
        b"G" * 100,
    ],
)
def test_other_files(tmp_path, head):
    path = tmp_path / "file"
    path.write_bytes(head)
    assert not begins_as_media(path)


def test_what_is_not_there_or_no_file(tmp_path):
    assert not begins_as_media(tmp_path)
    assert not begins_as_media(tmp_path / "gone")
