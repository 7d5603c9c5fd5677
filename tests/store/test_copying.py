"""Backups, made while somebody writes."""

import sqlite3
import stat

import pytest

from unmask.core.errors import StoreError
from unmask.store import History, JobBook, NewJob, fingerprint

OPTIONS = fingerprint({})


def test_a_copy_is_whole_and_private_while_others_write(database, history, make_analysis, tmp_path):
    entry = history.record(make_analysis(), fingerprint=OPTIONS)
    job, _ = JobBook(history).add(NewJob("clip.mp4", 1, "0" * 64, "1" * 64, OPTIONS, {}))
    copy = tmp_path / "copy.db"
    with sqlite3.connect(database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM analyses")
        history.copy_to(copy)
        other.execute("ROLLBACK")
    other.close()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with History(copy) as restored:
        assert restored.list() == [entry]
        assert JobBook(restored).get(job.id) == job


def test_nothing_that_is_there_is_replaced(database, history, tmp_path):
    (tmp_path / "copy.db").write_bytes(b"the only other copy")
    with pytest.raises(StoreError, match=r"copy\.db cannot be made: File exists"):
        history.copy_to(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_bytes() == b"the only other copy"
    with pytest.raises(StoreError, match="No such file or directory") as caught:
        history.copy_to(tmp_path / "nowhere" / "copy.db")
    assert "folder" in caught.value.hint


def test_half_a_copy_is_not_left(database, history, tmp_path, monkeypatch):
    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("unmask.store.copying.os.fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        history.copy_to(tmp_path / "copy.db")
    assert list(tmp_path.glob("copy*")) == []


def test_postgresql_is_left_to_its_own_tools(postgresql, tmp_path):
    with History(postgresql) as elsewhere, pytest.raises(StoreError) as caught:
        elsewhere.copy_to(tmp_path / "copy.db")
    assert "pg_dump" in caught.value.hint
    assert list(tmp_path.glob("copy*")) == []
