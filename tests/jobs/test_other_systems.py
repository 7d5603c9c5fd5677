"""What differs on Windows and macOS, of which nothing but Linux runs these tests."""

from __future__ import annotations

import errno
import gc
import resource
import sqlite3
import subprocess
import sys
import threading
import types

import pytest

from unmask.jobs.children import Child
from unmask.jobs.limits import Limits, raise_descriptors
from unmask.jobs.live import Camera
from unmask.jobs.messages import Order
from unmask.jobs.queueing import Queue
from unmask.jobs.streams import when_stdin_closes


@pytest.fixture
def windows(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")


@pytest.mark.parametrize(
    ("system", "soft", "most", "set_to"),
    [
        ((256, resource.RLIM_INFINITY), 256, 10_240, [(10_240, resource.RLIM_INFINITY)]),
        ((256, resource.RLIM_INFINITY), 256, 100_000, [(65_536, resource.RLIM_INFINITY)]),
        ((256, 4096), 256, 4096, [(4096, 4096)]),
        ((20_000, resource.RLIM_INFINITY), 20_000, 20_000, []),
        ((256, resource.RLIM_INFINITY), 256, 300, []),
    ],
)
def test_a_mac_that_says_no_limit_has_one(monkeypatch, system, soft, most, set_to):
    """Asked for more it raised, and the server would not start."""
    taken = []

    def setrlimit(what, both):
        if both[0] > most:
            raise ValueError("current limit exceeds maximum limit")
        taken.append(both)

    monkeypatch.setattr(resource, "getrlimit", lambda what: system)
    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    raise_descriptors()
    assert taken == set_to


def test_on_windows_nobody_waits_in_a_read_of_standard_input(windows, monkeypatch):
    """Libraries that are loaded meanwhile would wait for it, numpy's until the process is ended."""
    looks = []

    def peek(pipe, size):
        looks.append((pipe, size))
        if len(looks) > 2:
            raise BrokenPipeError
        return 0, 0

    def read(*_):
        raise AssertionError("it was read")

    monkeypatch.setitem(sys.modules, "_winapi", types.SimpleNamespace(PeekNamedPipe=peek))
    handles = types.SimpleNamespace(get_osfhandle=lambda number: 70 + number)
    monkeypatch.setitem(sys.modules, "msvcrt", handles)
    monkeypatch.setattr("unmask.jobs.streams.os.read", read)
    monkeypatch.setattr("unmask.jobs.streams._PAUSE_S", 0.0)
    closed = threading.Event()
    when_stdin_closes(closed.set)
    assert closed.wait(5)
    assert looks == [(70, 0)] * 3


def order_in(folder, options):
    return Order(
        path="x", sha256="", name="x", folder=str(folder), model_sha256="0" * 64, options=options
    )


class Started(Exception):
    """A process would have been."""


@pytest.mark.parametrize(
    ("system", "given"),
    [("win32", {"creationflags": 512}), ("darwin", {"start_new_session": True})],
)
def test_ctrl_c_leaves_children_alone(monkeypatch, tmp_path, options, system, given):
    """A session does nothing on Windows, and an analysis under way was called crashed."""

    def start(command, *, stdin, stdout, stderr=None, **how):
        raise Started(how)

    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 512, raising=False)
    monkeypatch.setattr(subprocess, "Popen", start)
    for begin in (lambda: Child(order_in(tmp_path, options), Limits()), lambda: Camera(options)):
        with pytest.raises(Started) as caught:
            begin()
        assert caught.value.args == (given,)


def test_a_child_that_died_at_once_has_a_cause_of_death(monkeypatch, tmp_path, options):
    """Windows says of a pipe that nobody reads any more that the argument is invalid."""
    real = subprocess.Popen

    class Gone:
        def write(self, data):
            raise OSError(errno.EINVAL, "Invalid argument")

        def close(self):
            pass

    def start(command, **given):
        process = real([sys.executable, "-c", "raise SystemExit('no DLL')"], **given)
        process.stdin.close()
        process.stdin = Gone()
        return process

    monkeypatch.setattr(subprocess, "Popen", start)
    with Child(order_in(tmp_path, options), Limits()) as child:
        assert list(child.says(5.0)) == []
        assert "no DLL" in child.cause_of_death().message


def test_a_queue_that_is_let_go_has_closed_its_file(folders):
    """From Python 3.13 on there is a warning for each database that is not."""
    queue = Queue(folders, lambda: None)
    queue.put()
    storage = queue.huey.storage
    assert storage.conn.execute("SELECT 1").fetchone() == (1,)
    connection = storage.conn
    del queue
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
