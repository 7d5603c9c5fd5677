import os
import pickle
import signal
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from unmask.core.errors import StoreError
from unmask.jobs.children import Child
from unmask.jobs.limits import GIB, Limits
from unmask.jobs.queueing import Queue
from unmask.jobs.running import ATTEMPTS, Workshop, worker_name
from unmask.jobs.worker import expire, run_worker, sweep, tidy
from unmask.store import History, JobBook, Settings


@pytest.fixture
def shop(desk):
    return Workshop(desk.history, desk.folders)


def test_an_upload_becomes_an_analysis_with_pictures(submit, desk, shop, clip):
    id = submit(clip, "holiday.mp4").id
    shop.run()
    assert desk.book.get(id).state == "done"
    analysis = desk.history.get(id).analysis
    assert analysis.media.name == "holiday.mp4"
    assert [event.event for event in desk.log.of(id)] == ["received", "analysed"]
    index, folder = desk.pictures(id), desk.picture_folder(id)
    assert (folder / index.poster).is_file()
    crops = index.faces[analysis.faces[0].id]
    assert len(crops) == len(analysis.faces[0].frames)
    assert all((folder / name).is_file() for crop in crops for name in (crop.crop, crop.heat))
    assert submit(clip).outcome == "known"
    shop.run()  # a doubled message
    assert desk.history.count() == 1
    assert desk.delete(id)
    assert desk.history.count() == 0
    assert not folder.exists()


def test_the_crops_place_holds_the_face(submit, desk, shop, portrait):
    id = submit(portrait).id
    shop.run()
    face = desk.history.get(id).analysis.faces[0]
    a, b, c, d, e, f = desk.pictures(id).faces[0][0].place
    middle = (0.5 * (a + c) + e, 0.5 * (b + d) + f)
    x0, y0, x1, y1 = face.best_box
    assert abs(middle[0] - (x0 + x1) / 2) < (x1 - x0) / 5
    assert abs(middle[1] - (y0 + y1) / 2) < (y1 - y0) / 5


@pytest.mark.parametrize(
    "hostile",
    [
        b"no media at all",
        b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:1/secret.ts\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
    ],
)
def test_a_hostile_file_fails_its_own_job(submit, desk, shop, hostile):
    id = submit(hostile, "film.mp4").id
    shop.run()
    job = desk.book.get(id)
    assert (job.state, job.error.code) == ("failed", "not-media")
    assert "root:" not in job.error.message
    assert list(desk.folders.evidence.iterdir()) == []


def test_too_much_memory_fails_the_job_and_not_the_worker(submit, desk, folders, clip):
    shop = Workshop(desk.history, folders, Limits(memory=GIB // 2))
    id = submit(clip).id
    shop.run()
    job = desk.book.get(id)
    assert job.state == "failed"
    assert job.error.code in {"memory", "crashed", "internal", "runtime-unavailable"}


def test_too_long_fails_the_job(submit, desk, folders, clip):
    shop = Workshop(desk.history, folders, Limits(wall_s=0.05))
    id = submit(clip).id
    shop.run()
    assert desk.book.get(id).error.code == "timeout"


def test_processor_time_used_up_is_no_crash(submit, desk, folders, clip):
    """It was, and the file said to be made to harm: with one limit for both the process is killed
    before it is told.
    """
    shop = Workshop(desk.history, folders, Limits(cpu_s=1))
    id = submit(clip).id
    shop.run()
    error = desk.book.get(id).error
    assert error.code == "timeout"
    assert "used up its 1 s of processor time" in error.message


def test_a_process_killed_for_want_of_memory_says_nothing_of_the_file(
    submit, desk, shop, clip, monkeypatch
):
    """As in a container with a limit: the kernel ends the process that analyses, and not ours."""
    real = Child.says

    def killed(child, pause_s):
        os.kill(child._process.pid, signal.SIGKILL)
        return real(child, pause_s)

    monkeypatch.setattr(Child, "says", killed)
    id = submit(clip).id
    shop.run()
    error = desk.book.get(id).error
    assert error.code == "killed"
    assert "the file" not in error.hint


def test_a_running_job_is_cancelled(submit, desk, shop, clip):
    id = submit(clip).id
    running = threading.Thread(target=shop.run)
    running.start()
    while desk.book.get(id).state == "queued":
        time.sleep(0.01)
    assert desk.book.cancel(id)
    running.join(timeout=20)
    assert desk.book.get(id).state == "cancelled"
    assert desk.history.count() == 0


def test_a_worker_that_stops_gives_its_job_back(submit, desk, shop, clip):
    id = submit(clip).id
    running = threading.Thread(target=shop.run)
    running.start()
    while desk.book.get(id).state == "queued":
        time.sleep(0.01)
    shop.stopping.set()
    running.join(timeout=20)
    assert (desk.book.get(id).state, desk.book.get(id).attempts) == ("queued", 0)
    assert list(desk.folders.evidence.iterdir()) == []


@pytest.mark.parametrize("attempts", [1, ATTEMPTS])
def test_a_job_whose_worker_died_after_recording_is_not_repeated(
    submit, desk, shop, portrait, attempts
):
    """After three attempts it was called a killer of workers, beside its own verdict."""
    id = submit(portrait).id
    shop.run()
    with desk.history.database.writer.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE jobs SET state = 'running', worker = 'gone:1:1', lease_until = NULL,"
            f" attempts = {attempts}"
        )
    assert sweep(shop, desk.queue) == 0
    assert desk.book.get(id).state == "done"
    assert desk.history.count() == 1


def test_a_job_claimed_again_after_it_was_recorded_is_not_repeated(submit, desk, shop, portrait):
    id = submit(portrait).id
    shop.run()
    with desk.history.database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE jobs SET state = 'queued'")
    shop.run()
    assert desk.book.get(id).state == "done"
    assert desk.history.count() == 1


def test_a_result_outlives_a_database_that_is_away(
    submit, desk, shop, portrait, monkeypatch, caplog
):
    """PostgreSQL restarts, and half an hour of work was done again; three times, and it failed."""
    id, record, away = submit(portrait).id, History.record, [1, 2]
    monkeypatch.setattr("unmask.jobs.running._ROOM_S", 0.01)

    def refuse(self, *given, **more):
        if away and away.pop():
            raise StoreError("cannot write to the history: connection refused")
        return record(self, *given, **more)

    monkeypatch.setattr(History, "record", refuse)
    shop.run()
    assert (desk.book.get(id).state, desk.book.get(id).attempts) == ("done", 1)
    assert f"job {id} is done and waits to be recorded: cannot write" in caplog.text


def test_a_worker_told_to_stop_waits_for_no_database(submit, desk, shop, portrait, monkeypatch):
    id = submit(portrait).id

    def refuse(self, *given, **more):
        shop.stopping.set()
        raise StoreError("cannot write to the history: connection refused")

    monkeypatch.setattr(History, "record", refuse)
    shop.run()
    assert desk.book.get(id).state == "running"  # until a sweep of another worker


def test_what_is_deleted_while_its_result_is_put_down_does_not_come_back(
    submit, desk, shop, portrait, monkeypatch
):
    id, record = submit(portrait).id, History.record

    def just_then(self, *given, **more):
        assert desk.delete(id)
        return record(self, *given, **more)

    monkeypatch.setattr(History, "record", just_then)
    shop.run()
    assert desk.history.count() == 0
    assert desk.log.of(id) == []
    assert list(desk.folders.evidence.iterdir()) == list(desk.folders.uploads.iterdir()) == []


def test_a_job_outlives_a_database_that_is_locked_for_a_while(
    submit, desk, shop, portrait, monkeypatch, caplog
):
    """Given up instead, it would have cost an attempt, and after three be called a killer."""
    id, renew, locked = submit(portrait).id, JobBook.renew, [1, 2, 3]

    def busy(self, *given):
        if locked and locked.pop():
            raise StoreError("cannot write to the history: another process kept it locked")
        return renew(self, *given)

    monkeypatch.setattr(JobBook, "renew", busy)
    shop.run()
    assert (desk.book.get(id).state, desk.book.get(id).attempts) == ("done", 1)
    assert "goes on: cannot write" in caplog.text


def test_the_sweep_mends_a_lost_message_and_adds_no_second(submit, desk, shop):
    submit(b"x")
    assert sweep(shop, desk.queue) == 0
    desk.queue.huey.storage.flush_queue()
    assert sweep(shop, desk.queue) == 1
    assert desk.queue.length() == 1


def test_a_long_queue_is_counted_and_not_read(submit, desk, shop, monkeypatch):
    for number in range(3):
        submit(b"%d" % number)
    storage = desk.queue.huey.storage
    monkeypatch.setattr(storage, "enqueued_items", lambda: pytest.fail("read all messages"))
    monkeypatch.setattr(shop.book, "unfinished", lambda **_: pytest.fail("read all jobs"))
    assert sweep(shop, desk.queue) == 0
    storage.flush_queue()
    monkeypatch.setattr("unmask.jobs.worker._AT_ONCE", 2)
    assert [sweep(shop, desk.queue) for _ in range(3)] == [2, 1, 0]
    assert desk.queue.length() == 3


class Hostile:
    """What runs code wherever it is unpickled, as anybody may put it who reaches a Redis."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def test_no_message_is_unpickled_and_each_is_a_job_more(desk, tmp_path):
    """Those of earlier versions are pickles, too."""
    done, mark = [], tmp_path / "ran"
    queue = Queue(desk.folders, lambda: done.append(1))
    for message in (pickle.dumps(Hostile(mark)), b"a message of tomorrow", b""):
        queue.huey.storage.enqueue(message)
        queue.huey.execute(queue.huey.dequeue())
    assert not mark.exists()
    assert done == [1, 1, 1]


def test_what_else_lies_in_the_queues_storage_is_not_unpickled(desk, tmp_path):
    """Huey asks for marks beside the queue, too: whether a task was revoked."""
    done, mark = [], tmp_path / "ran"
    queue = Queue(desk.folders, lambda: done.append(1))
    queue.put()
    message = queue.huey.dequeue()
    queue.huey.storage.put_data(message.revoke_id, pickle.dumps(Hostile(mark)))
    with pytest.raises(ValueError, match="unpack"):
        queue.huey.execute(message)
    assert not mark.exists()


def test_a_queue_out_of_reach_loses_no_job(submit, desk, shop, monkeypatch, caplog, options):
    class ConnectionLost(Exception):
        """As Redis's own: no OSError."""

    def lost(*_):
        raise ConnectionLost("Error 111 connecting to queue:6379.\nConnection refused.")

    storage = desk.queue.huey.storage
    with monkeypatch.context() as away:
        away.setattr(storage, "enqueue", lost)
        away.setattr(storage, "queue_size", lost)
        sent = submit(b"x")
        assert sent.outcome == "new"
        assert "queue:6379. Connection refused." in caplog.text
        again = desk.again(sent.id, options)
        assert again is not None
        with pytest.raises(StoreError, match="the queue cannot be reached: Error 111"):
            sweep(shop, desk.queue)  # which a worker outlives, as one of a busy database
    assert desk.queue.length() == 0
    assert sweep(shop, desk.queue) == 2
    assert desk.queue.length() == 2


def test_a_redis_that_says_nothing_holds_nobody_up(folders, monkeypatch):
    """It was waited for without end by drivers before redis 8: by uploads, and by each sweep."""
    pytest.importorskip("redis", reason="the extra 'cluster' is not installed")
    monkeypatch.setattr("unmask.jobs.queueing._ANSWER_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("UNMASK_QUEUE", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        begun = time.monotonic()
        with pytest.raises(StoreError, match="the queue cannot be reached"):
            Queue(folders).put()
        assert time.monotonic() - begun < 4


def test_the_sweep_leaves_what_is_alive_and_gives_up_what_kills(submit, desk, shop):
    id = submit(b"x").id
    for attempt in range(3):
        desk.queue.huey.storage.flush_queue()
        assert desk.book.claim(worker_name(), 20)
        assert sweep(shop, desk.queue) == 0
        with desk.history.database.writer.begin() as connection:
            connection.exec_driver_sql("UPDATE jobs SET lease_until = NULL")
        assert sweep(shop, desk.queue) == (attempt < 2)
    assert desk.book.get(id).state == "failed"
    assert desk.book.get(id).error.code == "crashed"


def test_of_a_job_that_was_given_up_no_picture_is_left(submit, desk, shop):
    """Its worker died between putting them in their place and recording the analysis."""
    id = submit(b"x").id
    assert desk.book.claim("gone:1:1", 20)
    for name in (id, f"{id}.draft-1"):
        (desk.folders.evidence / name).mkdir()
    desk.book.cancel(id)
    with desk.history.database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE jobs SET lease_until = NULL")
    sweep(shop, desk.queue)
    assert desk.book.get(id).state == "cancelled"
    assert list(desk.folders.evidence.iterdir()) == []


def test_what_is_old_enough_is_deleted(submit, desk, shop):
    old, young = submit(b"x").id, submit(b"y").id
    for id in (old, young):
        desk.book.cancel(id)
    with desk.history.database.writer.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE jobs SET finished_at = '2000-01-01 00:00:00.000000' WHERE id = '{old}'"
        )
    used = desk.vault.find(desk.book.get(young).sha256)
    incoming = desk.vault.receive(9)
    incoming.write(b"left")
    left = incoming.keep()  # with no job
    for path in (left, used):
        os.utime(path, (0, 0))
    assert expire(shop) == 0
    assert left.is_file()
    Settings(desk.history).set("retention_days", 30)
    assert expire(shop) == 1
    assert desk.book.get(old) is None
    assert desk.book.get(young) is not None
    assert used.is_file()
    assert not left.exists()


def test_it_is_kept_for_as_many_days_as_were_asked_for(submit, desk):
    ids = {days: submit(b"%d" % days).id for days in (29, 31)}
    left, now = {}, time.time()
    with desk.history.database.writer.begin() as connection:
        for days, id in ids.items():
            ended = datetime.now(UTC) - timedelta(days=days)
            connection.exec_driver_sql(
                "UPDATE jobs SET state = 'cancelled', finished_at = "
                f"'{ended:%Y-%m-%d %H:%M:%S.%f}' WHERE id = '{id}'"
            )
            incoming = desk.vault.receive(9)
            incoming.write(b"left %d" % days)
            left[days] = incoming.keep()  # with no job
            os.utime(left[days], (now - days * 86_400,) * 2)
    assert desk.expire(30, most=500) == 1
    assert [days for days, id in ids.items() if desk.book.get(id)] == [29]
    assert [days for days, path in left.items() if path.exists()] == [29]


def test_a_deletion_that_is_cut_short_is_gone_on_with(submit, desk, shop, portrait, monkeypatch):
    """Its job was gone by then, and retention took the result for one of 'unmask scan': it stayed,
    with name and verdict.
    """
    id = submit(portrait).id
    shop.run()
    with desk.history.database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE jobs SET finished_at = '2000-01-01 00:00:00.000000'")
    Settings(desk.history).set("retention_days", 30)

    def locked(*_):
        raise StoreError("cannot delete from the history: another process kept it locked")

    with monkeypatch.context() as patch:
        patch.setattr(History, "delete", locked)
        with pytest.raises(StoreError):
            expire(shop)
    assert expire(shop) == 1
    assert (desk.history.count(), desk.log.of(id)) == (0, [])
    assert list(desk.folders.evidence.iterdir()) == list(desk.folders.uploads.iterdir()) == []


def test_many_are_deleted_a_few_at_a_time(submit, desk, shop, monkeypatch):
    """Between two transactions others write, a worker sweeps, and hears that it is to stop."""
    for number in range(9):
        desk.book.cancel(submit(b"%d" % number).id)
    with desk.history.database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE jobs SET finished_at = '2000-01-01 00:00:00.000000'")
    Settings(desk.history).set("retention_days", 30)
    monkeypatch.setattr("unmask.jobs.desk.AT_A_TIME", 2)
    monkeypatch.setattr("unmask.jobs.worker._EXPIRED_AT_ONCE", 6)
    at_once, delete = [], History.delete

    def counted(self, *ids):
        at_once.append(len(ids))
        return delete(self, *ids)

    monkeypatch.setattr(History, "delete", counted)
    assert expire(shop) == 6
    assert desk.book.counts() == {"cancelled": 3}
    assert tidy(shop) == 3
    assert at_once == [2, 2, 2, 2, 1]
    assert list(desk.folders.uploads.iterdir()) == []
    assert desk.log.of("any") == []


def test_a_worker_goes_on_tidying_while_there_is_more(folders, monkeypatch):
    left, sweeps = [500, 500, 7], []

    def tidied(shop):
        if len(left) == 1:
            shop.stopping.set()
        return left.pop(0)

    def swept(shop, *_, **__):
        sweeps.append(1)
        if len(sweeps) > 50:
            shop.stopping.set()
        return 0

    monkeypatch.setattr("unmask.jobs.worker._SWEEP_S", 0.01)
    monkeypatch.setattr("unmask.jobs.worker.tidy", tidied)
    monkeypatch.setattr("unmask.jobs.worker.sweep", swept)
    monkeypatch.setattr("unmask.jobs.worker._stop_on_signals", lambda stopping: None)
    run_worker(folders)
    assert (left, len(sweeps)) == ([], 3)


def test_a_million_folders_of_pictures_are_not_looked_through(
    submit, desk, shop, portrait, monkeypatch
):
    id = submit(portrait).id
    dead = desk.folders.evidence / f"{id}.draft-1"
    dead.mkdir()
    assert desk.book.claim("dead", 20)
    assert desk.book.give_back(desk.book.get(id))
    glob = Path.glob

    def not_there(place, pattern):  # models are looked for, too
        assert desk.folders.root not in place.parents, f"listed {place}"
        return glob(place, pattern)

    monkeypatch.setattr(Path, "glob", not_there)
    shop.run()
    assert desk.book.get(id).state == "done"
    assert not dead.exists()
    dead.mkdir()
    desk.delete(id)
    assert list(desk.folders.evidence.iterdir()) == []


def test_a_worker_tidies_up_after_uploads_that_never_ended(desk, shop):
    old, young = desk.vault.receive(9), desk.vault.receive(9)
    os.utime(old._path, (0, 0))
    assert tidy(shop) == 1
    assert list(desk.folders.incoming.iterdir()) == [young._path]
    old.close()
    young.close()


def test_a_message_put_by_the_server_is_taken_by_a_worker(submit, folders):
    submit(b"x")
    taken = []
    worker = Queue(folders, lambda: taken.append(1))
    worker.huey.execute(worker.huey.dequeue())
    assert taken == [1]
    assert worker.length() == 0
