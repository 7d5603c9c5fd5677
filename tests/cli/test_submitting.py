"""Many files into the queue of the web app, and once more after an interruption."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace

import pytest

pytest.importorskip("huey", reason="the extra 'web' is not installed")

from unmask.jobs.desk import Desk
from unmask.jobs.folders import Folders
from unmask.store import History

MB = 2**20


@pytest.fixture
def submit(unmask, suspicious):
    def submit(*arguments):
        ran = unmask("submit", *arguments, "--model", suspicious)
        return ran, list(csv.DictReader(io.StringIO(ran.out)))

    return submit


@pytest.fixture
def inbox(tmp_path, make_portrait):
    for shade in range(3):
        make_portrait(tmp_path / "in" / f"{shade}.png", shade)
    return tmp_path / "in"


def test_a_folder_is_queued_once(submit, inbox, monkeypatch):
    ran, rows = submit(inbox)
    assert ran.code == 0
    assert [row["outcome"] for row in rows] == ["new"] * 3
    with History() as history:
        desk = Desk(history, Folders.default())
        assert [job.id for job in desk.book.unfinished()] == [row["id"] for row in rows]
        assert {job.owner for job in desk.book.unfinished()} == {"cli:"}
        assert all(desk.vault.find(row["sha256"]) for row in rows)
        assert desk.log.of(rows[0]["id"])[0].detail == "submitted on the command line"
        monkeypatch.setattr("unmask.jobs.vault.Incoming.write", lambda *_: pytest.fail("copied"))
        again, same = submit(inbox)
        assert again.code == 0
        assert [(row["id"], row["outcome"]) for row in same] == [
            (row["id"], "joined") for row in rows
        ]
        assert desk.book.waiting() == desk.queue.length() == 3


def test_what_is_no_file_costs_no_other_its_place(submit, inbox):
    (inbox / "1.png").write_bytes(b"")
    ran, rows = submit(inbox, inbox / "gone.mp4")
    assert ran.code == 3
    assert [(row["outcome"], row["error"]) for row in rows] == [
        ("new", ""),
        ("failed", "empty"),
        ("new", ""),
        ("failed", "not-found"),
    ]
    assert "gone.mp4: no such file" in ran.err


def test_a_full_disk_ends_it_and_the_same_command_goes_on(submit, inbox, monkeypatch):
    left = [1000, 1000, 1000, 100]  # asked as each file comes and as it is written
    with monkeypatch.context() as full:
        full.setattr("unmask.jobs.room.free", lambda folders: (left.pop(0) if left else 100) * MB)
        ran, rows = submit(inbox)
    assert ran.code == 3
    assert [row["outcome"] for row in rows] == ["new"]
    assert "1 of 3 files are queued" in ran.err
    assert "same command again" in ran.err
    assert list(Folders.default().incoming.iterdir()) == []
    _, rows = submit(inbox)
    assert [row["outcome"] for row in rows] == ["joined", "new", "new"]


def test_numbers_out_of_range_are_no_files_fault(submit, inbox):
    ran, _ = submit(inbox, "--clips", "0")
    assert ran.code == 2
    assert ran.out == ""


def test_who_was_told_of_a_known_file_is_not_told_at_every_run(submit, inbox, monkeypatch):
    monkeypatch.setenv("UNMASK_WEBHOOK_PRIVATE", "1")
    _, rows = submit(inbox, "--webhook", "http://127.0.0.1:9/")
    with History() as history:
        desk = Desk(history, Folders.default())
        job = desk.book.get(rows[0]["id"])
        entry = SimpleNamespace(id=job.id, name=job.name)
        known = SimpleNamespace(entry=entry, readable=True)
        monkeypatch.setattr(History, "find", lambda *_: known)
        desk.book.cancel(job.id)
        desk.deliveries.delivered(desk.deliveries.take("127.0.0.1:9", 60))
        _, again = submit(inbox / "0.png", "--webhook", "http://127.0.0.1:9/")
        assert again[0]["outcome"] == "known"
        assert [one.state for one in desk.deliveries.of(job.id)] == ["delivered"]
        submit(inbox / "0.png", "--webhook", "http://127.0.0.1:9/other")
        assert len(desk.deliveries.of(job.id)) == 2
