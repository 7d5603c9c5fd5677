"""Files that appear whole, and names cut to what a file system takes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from unmask.core.files import expanded, is_folder, is_there, shortened, whole


def test_a_file_appears_at_the_end_of_the_block(tmp_path: Path) -> None:
    path = tmp_path / ("字" * 85)  # as long as a name may be
    path.write_text("before")
    with whole(path) as part:
        part.write_text("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("before")

    def fail() -> None:
        with whole(path) as part:
            part.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        fail()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for written in ("before", "after"):
        with whole(path, alone=True) as part:
            part.write_text(written)
            left = part
        left.write_text("half")  # as if killed over the next
    with whole(path, alone=True) as part:
        part.write_text("at last")
    assert path.read_text() == "at last"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "most", "cut"),
    [
        ("short", 80, "short"),
        ("abcdef", 3, "abc"),
        ("😀😀😀", 9, "😀😀"),
        ("😀😀😀", 8, "😀😀"),
        ("é" * 50, 81, "é" * 40),
        ("a字", 3, "a"),
        ("字", 2, ""),
        ("", 5, ""),
    ],
)
def test_a_name_is_cut_between_two_characters(name: str, most: int, cut: str) -> None:
    assert shortened(name, most) == cut


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode there")
def test_a_name_that_is_no_text_stays_what_it_is() -> None:
    name = os.fsdecode(b"\xff\xfe" + b"a" * 10)
    assert shortened(name, 4) == name[:4]


def test_what_cannot_be_looked_at_is_not_there() -> None:
    assert not is_folder("x" * 5000)
    assert not is_there("x" * 5000)
    assert expanded("~nobody-of-this-name/a") == Path("~nobody-of-this-name/a")
