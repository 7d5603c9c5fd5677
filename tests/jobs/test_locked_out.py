"""Workers while the database is locked, or the machine has nothing left to give."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
from pathlib import Path

import pytest

from unmask.core.errors import DiskFull, StoreError
from unmask.jobs import Desk, running, worker
from unmask.jobs.deleting import draft_folders
from unmask.jobs.pulses import Pulses
from unmask.jobs.queueing import Queue
from unmask.jobs.running import Workshop
from unmask.store import History, JobBook, engine


@pytest.fixture
def desk(folders, monkeypatch):
    """One that soon gives up waiting for the lock."""
    monkeypatch.setattr(engine, "BUSY_MS", 50)
    with History(folders.root / "history.db") as history:
        yield Desk(history, folders)


@pytest.fixture
def shop(desk, monkeypatch):
    monkeypatch.setattr(running, "_ROOM_S", 0.01)
    return Workshop(desk.history, desk.folders)


def test_a_job_is_not_given_up_while_its_worker_waits_for_the_lock(submit, desk, shop):
    """The sweep could read that its lease grew old, and deleted what it was drawing."""
    stopwatch = [0.0]
    shop.pulses = Pulses(20.0, now=lambda: stopwatch[0])
    queue = Queue(desk.folders)
    submit(b"x")
    job = desk.book.claim("elsewhere/1:1:1", 20)
    (draft,) = draft_folders(desk.folders, job.id, 1)
    draft.mkdir()
    worker.sweep(shop, queue)
    other = sqlite3.connect(desk.folders.root / "history.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(20):
        stopwatch[0] += 3.0
        with pytest.raises(StoreError, match="kept it locked"):
            worker.sweep(shop, queue)
        assert draft.is_dir()
    other.close()
    worker.sweep(shop, queue)  # before its worker could say anything
    assert desk.book.get(job.id).state == "running"
    for _ in range(7):
        stopwatch[0] += 3.0
        worker.sweep(shop, queue)
    assert desk.book.get(job.id).state == "queued"  # it has said nothing since


def test_a_lock_that_is_waited_for_is_no_silence_either(submit, desk, shop, monkeypatch):
    stopwatch = [0.0]
    shop.pulses = Pulses(20.0, now=lambda: stopwatch[0])
    queue = Queue(desk.folders)
    submit(b"x")
    job = desk.book.claim("elsewhere/1:1:1", 20)
    worker.sweep(shop, queue)
    stopwatch[0] += 3.0
    monkeypatch.setattr(worker, "_LOCKED_S", -1.0)  # as if each took longer
    for _ in range(20):
        worker.sweep(shop, queue)
        stopwatch[0] += 3.0
    assert desk.book.get(job.id).state == "running"


def test_nothing_is_taken_from_who_can_only_not_write(submit, desk, shop, monkeypatch):
    """A database that is full, on a disk of its own, can be locked and read."""
    submit(b"x")
    job = desk.book.claim("elsewhere/1:1:1", 20)
    (draft,) = draft_folders(desk.folders, job.id, 1)
    draft.mkdir()
    monkeypatch.setattr(Pulses, "abandoned", lambda _, running: list(running))

    def full(*_, **__):
        raise DiskFull("cannot write to the history: the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(JobBook, "give_back", full)
        with pytest.raises(DiskFull):
            worker.sweep(shop, Queue(desk.folders))
    assert draft.is_dir()
    worker.sweep(shop, Queue(desk.folders))
    assert not draft.exists()


@pytest.mark.parametrize("lacking", ["processes", "a folder"])
def test_what_befalls_every_file_is_no_attempt_at_one(
    submit, desk, shop, portrait, monkeypatch, caplog, lacking
):
    """Where no process could be started, three attempts each had the whole queue fail, as files
    that kill workers.
    """
    id = submit(portrait).id

    def none_left(*_, **__):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    def no_draft(place, make=Path.mkdir, **how):
        return none_left() if "draft" in place.name else make(place, **how)

    with monkeypatch.context() as patch:
        if lacking == "processes":
            patch.setattr(subprocess, "Popen", none_left)
        else:
            patch.setattr(Path, "mkdir", lambda place, *_, **how: no_draft(place, **how))
        for _ in range(4):
            shop.run()
            assert (desk.book.get(id).state, desk.book.get(id).attempts) == ("queued", 0)
    assert "could not be begun and waits again: " in caplog.text
    assert list(desk.folders.evidence.iterdir()) == []
    shop.run()
    assert (desk.book.get(id).state, desk.book.get(id).attempts) == ("done", 1)


def test_what_is_wrong_with_one_job_does_not_end_the_worker(caplog):
    def broken():
        raise ValueError("no JSON")

    assert worker._safely(broken) == 0
    assert "jobs could not be looked after" in caplog.text


def test_a_data_folder_that_is_away_is_said_to_be(folders, shop, monkeypatch):
    def away(_):
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr("unmask.jobs.room.shutil.disk_usage", away)
    with pytest.raises(StoreError, match=r"data folder .* cannot be used: Stale file handle"):
        worker.sweep(shop, Queue(folders))
