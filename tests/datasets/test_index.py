"""The index on disk."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest
import trees
from trees import read

from unmask.core.errors import DataError, InputNotFound, MissingExtra
from unmask.datasets import Index, Sample, hash_samples, read_index, write_index


def test_an_index_comes_back_as_it_was_written(tmp_path: Path) -> None:
    index = read(trees.fakeavceleb(tmp_path / "set"))
    path = tmp_path / "deep" / "index.parquet"
    write_index(index, path)
    assert read_index(path) == index
    assert [file.name for file in path.parent.iterdir()] == ["index.parquet"]


def test_the_root_may_have_moved(tmp_path: Path) -> None:
    write_index(read(trees.celebdf(tmp_path / "set")), tmp_path / "index.parquet")
    moved = read_index(tmp_path / "index.parquet", root=tmp_path / "elsewhere")
    assert moved.root == tmp_path / "elsewhere"


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra) as caught:
        read_index(tmp_path / "index.parquet")
    assert "unmask[data]" in caught.value.hint


def test_no_index_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no index at"):
        read_index(tmp_path / "index.parquet")


def test_an_index_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "index.parquet"
    write_index(read(trees.celebdf(tmp_path / "set")), path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read_index(path)


def test_parquet_that_is_no_index(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"path": ["a"]}), tmp_path / "other.parquet")
    with pytest.raises(DataError, match="not an index"):
        read_index(tmp_path / "other.parquet")


def test_labels_other_than_0_and_1_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "index.parquet"
    write_index(Index(tmp_path, "folders", (Sample("a.mp4", 2),)), path)
    with pytest.raises(DataError, match=r"row 0 \(a.mp4\): label 2"):
        read_index(path)


def test_a_full_disk_leaves_the_old_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq

    path = tmp_path / "index.parquet"
    index = read(trees.celebdf(tmp_path / "set"))
    write_index(index, path)

    def full(_table: object, where: str, **_: object) -> None:
        Path(where).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(DataError, match="No space left"):
        write_index(Index(tmp_path, "folders", ()), path)
    monkeypatch.undo()
    assert read_index(path) == index
    assert sorted(one.name for one in tmp_path.iterdir()) == ["index.parquet", "set"]


def test_hashes_of_files_folders_and_archives(tmp_path: Path) -> None:
    wild = read(trees.wilddeepfake(tmp_path / "wild"))
    calls: list[tuple[int, int]] = []
    hashed = hash_samples(
        wild.root, wild.samples, workers=2, progress=lambda *done: calls.append(done)
    )
    assert calls[-1] == (4, 4)
    assert len({sample.sha256 for sample in hashed}) == 1  # the same two frames in every shard
    files = read(trees.dfdc(tmp_path / "dfdc"))
    one = hash_samples(files.root, files.samples[:1], workers=1, progress=lambda *_: None)[0]
    assert one.sha256 == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"


def test_hashing_what_is_gone_says_so(tmp_path: Path) -> None:
    index = read(trees.celebdf(tmp_path))
    (tmp_path / index.samples[0].path).unlink()
    with pytest.raises(InputNotFound, match="in the index and not on the disk"):
        hash_samples(index.root, index.samples, workers=1, progress=lambda *_: None)
