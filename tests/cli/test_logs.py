"""What server and worker say on standard error."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading

import pytest
from click.testing import CliRunner

from unmask.cli.logs import JsonLines, Seldom, announce, in_words, set_up
from unmask.cli.serve import serve
from unmask.cli.serving import keep_worker
from unmask.cli.worker import worker


def record(message: str, level: int = logging.WARNING, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("unmask.worker", level, __file__, 1, message, (), None)
    vars(made).update(extra)
    return made


def test_a_line_is_one_object_with_what_programs_sort_by() -> None:
    line = JsonLines().format(record("job 1 failed\nin 2 s", job="1", code="damaged", took_s=2.0))
    said = json.loads(line)
    assert "\n" not in line
    assert said.pop("time").endswith("+00:00")
    assert said == {
        "level": "warning",
        "logger": "unmask.worker",
        "message": "job 1 failed\nin 2 s",
        "job": "1",
        "code": "damaged",
        "took_s": 2.0,
    }


def test_a_traceback_is_part_of_its_line() -> None:
    try:
        int("no")
    except ValueError:
        made = record("unforeseen")
        made.exc_info = sys.exc_info()
    assert "ValueError: invalid literal" in json.loads(JsonLines().format(made))["trace"]


def test_the_same_warning_comes_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a full disk Huey told twice a second, with a traceback, and filled it further."""
    now, seldom = [0.0], Seldom()
    monkeypatch.setattr("unmask.cli.logs.time.monotonic", lambda: now[0])
    assert [seldom.filter(record("full")) for _ in range(3)] == [True, False, False]
    assert seldom.filter(record("something else"))
    other = record("full")
    other.exc_info = (ValueError, ValueError("of another cause"), None)
    assert [seldom.filter(other) for _ in range(2)] == [True, False]
    assert all(seldom.filter(record("job done", logging.INFO)) for _ in range(2))
    now[0] = 61.0
    assert seldom.filter(record("full"))
    assert len(seldom._passed) == 1


def test_a_queue_out_of_reach_is_said_in_one_line() -> None:
    redis = pytest.importorskip("redis", reason="the extra 'cluster' is not installed")
    made = record("Error reading from queue", logging.ERROR)
    made.name = "huey.consumer.Worker"
    made.exc_info = (redis.ConnectionError, redis.ConnectionError("Connection refused"), None)
    assert in_words(made)
    said = json.loads(JsonLines().format(made))
    assert said["message"] == "the queue cannot be reached: Connection refused"
    assert "trace" not in said
    flaw = record("Error reading from queue", logging.ERROR)
    flaw.name, flaw.exc_info = made.name, (KeyError, KeyError("a flaw"), None)
    assert in_words(flaw)
    assert "a flaw" in json.loads(JsonLines().format(flaw))["trace"]


@pytest.mark.parametrize("command", [serve, worker])
def test_both_commands_have_the_option(command) -> None:
    assert "--log [warnings|jobs|json]" in CliRunner().invoke(command, ["--help"]).output


@pytest.mark.parametrize(
    ("log", "level"),
    [("warnings", logging.WARNING), ("jobs", logging.INFO), ("json", logging.INFO)],
)
def test_jobs_are_told_where_that_is_asked_for(monkeypatch, log, level) -> None:
    root, own = logging.RootLogger(logging.WARNING), logging.getLogger("unmask")
    monkeypatch.setattr(logging, "root", root)
    monkeypatch.setattr(own, "parent", root)
    before = own.level
    try:
        set_up(log)
        assert own.getEffectiveLevel() == level
        assert isinstance(root.handlers[0].formatter, JsonLines) == (log == "json")
    finally:
        own.setLevel(before)


def test_what_is_announced_is_a_line_of_json_among_such_lines(monkeypatch, capsys) -> None:
    """Else the first lines of each server and worker are none that a collector can read."""
    root, own = logging.RootLogger(logging.WARNING), logging.getLogger("unmask")
    monkeypatch.setattr(logging, "root", root)
    monkeypatch.setattr(own, "parent", root)
    before = own.level
    try:
        set_up("json")
        announce("worker ready", "json")
        said = json.loads(capsys.readouterr().err)
        assert (said["level"], said["message"]) == ("info", "worker ready")
        announce("worker ready", "jobs")
        assert capsys.readouterr().err == "unmask: worker ready\n"
    finally:
        own.setLevel(before)


def test_a_worker_that_dies_is_told_of(monkeypatch, caplog) -> None:
    """Another was started, and nobody learnt that files kill workers."""
    stopping = threading.Event()

    class Killed:
        def __init__(self, *_: object, **__: object) -> None:
            self.stdin = io.BytesIO()

        def poll(self) -> int:
            return -9

        def wait(self) -> int:
            return -9

    monkeypatch.setattr("unmask.cli.serving.subprocess.Popen", Killed)
    monkeypatch.setattr(stopping, "wait", lambda seconds: stopping.set())
    keep_worker(1, stopping)
    assert "the worker was killed (SIGKILL)" in caplog.text


def test_a_worker_that_cannot_be_started_is_tried_again(monkeypatch, caplog) -> None:
    """The thread that keeps it ended, and the server took files that nobody analysed."""
    stopping, tried = threading.Event(), []

    def none_left(*_: object, **__: object) -> None:
        tried.append(1)
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("unmask.cli.serving.subprocess.Popen", none_left)
    monkeypatch.setattr(stopping, "wait", lambda _: stopping.set() if len(tried) == 3 else None)
    keep_worker(1, stopping)
    assert len(tried) == 3
    assert "no worker can be started, so nothing is analysed" in caplog.text
