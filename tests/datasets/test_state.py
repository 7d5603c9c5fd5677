"""Whether a sample's file is noticed to have changed, whatever it lies in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from trees import grow, shard

from unmask.core.errors import DataError, InputNotFound
from unmask.datasets import Sample
from unmask.datasets.opening import opened
from unmask.datasets.state import file_state


def later(path: Path) -> None:
    """As if it had been written once more."""
    seen = path.stat()
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns + 1_000_000_000))


@pytest.mark.parametrize(
    ("written", "sample"),
    [
        ("a.mp4", Sample("a.mp4", 0)),
        ("a/2.png", Sample("a", 0, kind="frames-folder")),
        ("a/2.png", Sample("a", 0, kind="frames-folder", attributes={"frames": '["2.png"]'})),
        ("a.tar.gz", Sample("a.tar.gz::a/b", 0, kind="frames-folder")),
    ],
)
def test_another_size_or_time_is_another_state(
    tmp_path: Path, written: str, sample: Sample
) -> None:
    assert file_state(tmp_path, sample) == ""
    grow(tmp_path, written, content=b"one")
    before = file_state(tmp_path, sample)
    assert before == file_state(tmp_path, sample) != ""
    later(tmp_path / written)
    changed = file_state(tmp_path, sample)
    (tmp_path / written).write_bytes(b"four")
    assert len({before, changed, file_state(tmp_path, sample)}) == 3


def test_a_frame_more_is_another_state(tmp_path: Path) -> None:
    grow(tmp_path, "a/2.png")
    before = file_state(tmp_path, Sample("a", 0, kind="frames-folder"))
    grow(tmp_path, "a/3.png")
    assert file_state(tmp_path, Sample("a", 0, kind="frames-folder")) != before


def test_a_name_may_hold_the_sign_of_an_archive(tmp_path: Path) -> None:
    grow(tmp_path, "real/a::b.mp4", content=b"film")
    with opened(tmp_path, Sample("real/a::b.mp4", 0)) as path:
        assert path.read_bytes() == b"film"


def test_an_absent_archive_is_absent_and_not_damaged(tmp_path: Path) -> None:
    sample = Sample("a.tar.gz::1/5", 0, kind="frames-folder")
    with pytest.raises(InputNotFound, match="not on the disk"), opened(tmp_path, sample):
        pass
    shard(tmp_path / "a.tar.gz", "1/5/7.png")
    with opened(tmp_path, sample) as path:
        assert [frame.name for frame in path.iterdir()] == ["7.png"]


@pytest.mark.parametrize("name", ["../elsewhere.png", "1/../../elsewhere.png"])
def test_an_archive_that_leads_out_of_its_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shard(tmp_path / "data" / "a.tar.gz", "1/5/7.png", name)
    sample = Sample("a.tar.gz::1/5", 0, kind="frames-folder")
    with pytest.raises(DataError, match="outside"), opened(tmp_path / "data", sample):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
