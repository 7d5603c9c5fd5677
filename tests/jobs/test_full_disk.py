"""What a worker does while the disk is full, and by whose clock it takes another for dead."""

import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from unmask.core.errors import DiskFull, UsageError
from unmask.core.scan import Failure
from unmask.jobs.messages import Failed
from unmask.jobs.pulses import Pulses, here
from unmask.jobs.room import check_room, no_room, reserve
from unmask.jobs.running import Workshop, worker_name
from unmask.jobs.worker import sweep
from unmask.store import JobBook

MB = 2**20


@pytest.fixture
def left(monkeypatch):
    """How many MB are left on the disk."""
    room = [1000]
    monkeypatch.setattr("unmask.jobs.room.free", lambda folders: room[0] * MB)
    monkeypatch.setattr("unmask.jobs.running._ROOM_S", 0.01)
    return room


class FindsNoRoom:
    """Stands in for a child that has nowhere to put its pictures."""

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def says(self, pause_s):
        yield Failed(error=Failure.of(no_room()))


@pytest.fixture
def shop(desk, monkeypatch):
    monkeypatch.setattr("unmask.jobs.running.Child", FindsNoRoom)
    return Workshop(desk.history, desk.folders)


def test_no_file_is_taken_that_would_eat_the_reserve(submit, desk, folders, left, monkeypatch):
    assert reserve() == 256 * MB
    submit(b"x")
    left[0] = 255
    with pytest.raises(DiskFull):
        submit(b"y")
    left[0] = 300
    check_room(folders, 44 * MB)
    with pytest.raises(DiskFull):
        check_room(folders, 45 * MB)
    incoming = desk.vault.receive(10**9)
    left[0] = 256  # others send at the same time
    with pytest.raises(DiskFull):
        incoming.write(b"z")
    assert list(folders.incoming.iterdir()) == []
    monkeypatch.setenv("UNMASK_RESERVE", "0")
    left[0] = 1
    submit(b"y")
    monkeypatch.setenv("UNMASK_RESERVE", "much")
    with pytest.raises(UsageError, match="'much'"):
        reserve()


def test_no_job_is_begun_on_a_full_disk_and_none_blamed(submit, desk, shop, left, caplog):
    """A night with a full disk failed every job of a long queue, one after the other."""
    id = submit(b"x").id
    left[0] = 63
    running = threading.Thread(target=shop.run)
    running.start()
    while "no job is begun" not in caplog.text and running.is_alive():
        time.sleep(0.01)
    assert (desk.book.get(id).state, desk.book.get(id).attempts) == ("queued", 0)
    desk.queue.huey.storage.flush_queue()
    assert sweep(shop, desk.queue) == 0  # messages that nobody could take would pile up
    left[0] = 64
    running.join(timeout=10)
    assert "jobs are begun" in caplog.text
    assert desk.book.get(id).attempts == 1


def test_a_worker_that_waits_for_room_stops_when_it_is_to(submit, desk, shop, left):
    id = submit(b"x").id
    left[0] = 0
    running = threading.Thread(target=shop.run)
    running.start()
    shop.stopping.set()
    running.join(timeout=10)
    assert not running.is_alive()
    assert desk.book.get(id).attempts == 0


def test_a_job_that_finds_no_room_waits_again_and_fails_as_that(submit, desk, shop, left):
    """Said to be the file's fault, it would be looked for there."""
    id = submit(b"x").id
    for _ in range(2):
        shop.run()
        assert desk.book.get(id).state == "queued"
    shop.run()
    job = desk.book.get(id)
    assert (job.state, job.error.code) == ("failed", "disk-full")


def test_that_it_waits_again_is_noted_when_there_is_room_for_that(
    submit, desk, shop, left, monkeypatch
):
    id, give_back, full = submit(b"x").id, JobBook.give_back, [1, 2, 3]

    def when_there_is_room(self, *given, **more):
        if full:
            full.pop()
            raise DiskFull("cannot write to the history: the disk is full")
        return give_back(self, *given, **more)

    monkeypatch.setattr(JobBook, "give_back", when_there_is_room)
    shop.run()
    assert (desk.book.get(id).state, full) == ("queued", [])


def test_a_worker_whose_clock_is_wrong_is_not_taken_for_dead(submit, desk):
    """An hour of difference between two machines failed every job of the one that was behind."""
    submit(b"x")
    behind = datetime.now(UTC) - timedelta(hours=1)
    stopwatch = [0.0]
    pulses = Pulses(20.0, now=lambda: stopwatch[0])
    job = desk.book.claim("elsewhere/1:1:1", 20)

    def renewed():
        with desk.history.database.writer.begin() as connection:
            moment = behind + timedelta(seconds=stopwatch[0])
            connection.exec_driver_sql(f"UPDATE jobs SET lease_until = '{moment:%F %T.%f}'")
        return desk.book.running()

    for _ in range(20):
        assert pulses.abandoned(renewed()) == []
        stopwatch[0] += 3.0
    last = renewed()
    assert pulses.abandoned(last) == []
    for _ in range(19):
        stopwatch[0] += 1.0
        assert pulses.abandoned(last) == []
    stopwatch[0] += 1.0
    assert [one.id for one in pulses.abandoned(last)] == [job.id]
    assert pulses.abandoned([]) == []  # and what has ended is forgotten
    assert pulses.abandoned(last) == []


def test_while_nobody_could_ask_nobody_fell_silent(submit, desk):
    """A database that was away for half a minute took its job from every worker that lived."""
    submit(b"x")
    stopwatch = [0.0]
    pulses = Pulses(20.0, now=lambda: stopwatch[0])
    job = desk.book.claim("elsewhere/1:1:1", 20)
    assert pulses.abandoned([job]) == []
    stopwatch[0] += 30.0
    assert pulses.abandoned([job]) == []
    stopwatch[0] += 19.0
    assert pulses.abandoned([job]) == []
    stopwatch[0] += 1.0
    assert [one.id for one in pulses.abandoned([job])] == [job.id]


def test_a_process_of_another_container_is_not_looked_for_in_this_one(submit, desk):
    """Two containers may share a host's name and neither each other's processes nor numbers."""
    submit(b"x")
    submit(b"y")
    dead = 2**22 + 1  # no process can have this number
    desk.book.claim(f"{socket.gethostname()}/1:{dead}:1", 20)
    mine = desk.book.claim(f"{here()}:{dead}:1", 20)
    assert worker_name().startswith(here())
    assert [job.id for job in Pulses(20.0).abandoned(desk.book.running())] == [mine.id]


def test_a_result_that_is_on_record_is_kept_and_pictures_of_none_are_not(
    submit, desk, shop, left, monkeypatch
):
    id = submit(b"x").id
    place = desk.folders.evidence / id
    place.mkdir()
    shop._put_back(desk.book.claim(worker_name(), 20), no_room())
    assert not place.exists()
    place.mkdir()
    monkeypatch.setattr(shop.history, "get", lambda id: "the result")
    for _ in range(2):
        job = desk.book.claim(worker_name(), 20)
        if job is not None:
            shop._put_back(job, no_room())
    assert desk.book.get(id).state == "done"
    assert place.exists()


def test_the_end_of_a_job_is_told_to_who_runs_it(submit, desk, shop, left, caplog):
    id = submit(b"x", "secret name.mp4", owner="api:1").id
    with caplog.at_level("INFO", "unmask.worker"):
        for _ in range(3):
            shop.run()
    (told,) = [record for record in caplog.records if getattr(record, "state", "")]
    assert (told.job, told.state, told.code, told.owner) == (id, "failed", "disk-full", "api:1")
    assert told.took_s >= 0
    assert "secret name" not in caplog.text
