"""Workers as processes, killed at the worst moments."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

UNMASK = [sys.executable, "-c", "import sys; from unmask.cli import main; sys.exit(main())"]


@pytest.fixture
def start():
    """Start a worker and wait until it says that it is ready."""
    started = []

    def start(*options: str) -> subprocess.Popen[bytes]:
        worker = subprocess.Popen(
            [*UNMASK, "worker", *options],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ,
        )
        started.append(worker)
        assert b"ready" in worker.stderr.readline()
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.communicate()


def until(what: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.05)


@pytest.mark.slow
def test_kill_9_loses_no_job_and_repeats_none(submit, desk, start, clip):
    data = clip.read_bytes()
    ids = [submit(data + bytes([n]), f"{n}.mp4").id for n in range(4)]
    assert len(set(ids)) == 4
    worker = start()
    for _ in range(2):
        until(lambda: any(job.state == "running" for job in desk.book.several(ids)))
        worker.kill()
        worker.wait()
        worker = start()
    until(lambda: all(desk.book.get(id).state == "done" for id in ids), 120)
    assert desk.history.count() == 4
    assert sorted(desk.history.get(id).entry.name for id in ids) == [f"{n}.mp4" for n in range(4)]
    assert {path.name for path in desk.folders.evidence.iterdir()} == set(ids)
    assert sum(job.attempts for job in desk.book.several(ids)) <= 6


@pytest.mark.slow
def test_a_worker_told_to_stop_leaves_its_job_waiting(submit, desk, start, clip):
    id = submit(clip).id
    worker = start()
    until(lambda: desk.book.get(id).state == "running")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=20) == 0
    assert desk.book.get(id).state == "queued"
    start("--jobs", "2")
    until(lambda: desk.book.get(id).state == "done")
    assert desk.history.count() == 1


def test_a_worker_started_by_a_server_ends_with_it(folders, start):
    worker = start("--with-parent")
    worker.stdin.close()
    assert worker.wait(timeout=20) == 0
    worker.stdin = None


def test_a_server_told_to_stop_ends_in_order_and_with_its_worker(folders, tiny_model):
    pytest.importorskip("waitress", reason="the extra 'web' is not installed")
    command = [*UNMASK, "serve", "--port", "0", "--model", str(tiny_model)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as server:
        said = b""
        while b"worker ready" not in said:
            line = server.stderr.readline()
            assert line, said
            said += line
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
        assert b"Traceback" not in server.stderr.read()  # to its end: the worker held it, too


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(500 if len(self.server.got) == 1 else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got = []
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_a_webhook_outlives_the_worker_that_could_not_deliver_it(
    submit, desk, start, receiver, portrait, monkeypatch
):
    monkeypatch.setenv("UNMASK_WEBHOOK_PRIVATE", "1")
    url = f"http://127.0.0.1:{receiver.server_port}/hook"
    id = submit(portrait, webhook=url).id
    worker = start()
    until(lambda: desk.deliveries.of(id)[0].problem)
    worker.kill()
    worker.wait()
    start()
    until(lambda: desk.deliveries.of(id)[0].state == "delivered")
    assert len(receiver.got) == 2
    assert receiver.got[0] == receiver.got[1]
    assert desk.deliveries.of(id)[0].attempts == 2
