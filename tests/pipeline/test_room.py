"""Files side by side get in as far as their frames fit."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from films import WHOLE
from PIL import Image

from unmask.core.analysis import MediaInfo
from unmask.core.deadline import Deadline
from unmask.core.errors import TimeBudgetExceeded
from unmask.pipeline import Analyser
from unmask.pipeline.room import _BYTES, Room, frames_memory
from unmask.pipeline.run import Run

PATIENCE_S = 30
NEVER = Deadline.after(None)


class Guest:
    """A thread that takes some room and keeps it until it is told to go."""

    def __init__(self, room: Room, amount: int, deadline: Deadline = NEVER) -> None:
        self.inside, self._go = threading.Event(), threading.Event()
        self.waited_s = 0.0
        self._thread = threading.Thread(target=self._stay, args=(room, amount, deadline))
        self._thread.start()

    def _stay(self, room: Room, amount: int, deadline: Deadline) -> None:
        with room.take(amount, deadline) as self.waited_s:
            self.inside.set()
            assert self._go.wait(PATIENCE_S)

    def leave(self) -> None:
        self._go.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


def stays_out(guest: Guest) -> bool:
    return not guest.inside.wait(0.05)


def test_what_does_not_fit_waits_and_is_not_passed() -> None:
    room = Room(10)
    small = Guest(room, 6)
    assert small.inside.wait(PATIENCE_S)
    beside = Guest(room, 4)
    assert beside.inside.wait(PATIENCE_S)
    huge = Guest(room, 99)
    assert stays_out(huge)
    small.leave()
    late = Guest(room, 1)  # would fit, but came later
    assert stays_out(huge)
    assert stays_out(late)
    beside.leave()
    assert huge.inside.wait(PATIENCE_S)
    assert stays_out(late)
    huge.leave()
    assert late.inside.wait(PATIENCE_S)
    late.leave()
    assert late.waited_s > 0.05


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_has_all_of_it() -> None:
    """Nobody in it would give back what its parent's files take."""
    code = """
import os, threading
from unmask.core.deadline import Deadline
from unmask.pipeline.room import Room
room, inside, go = Room(10), threading.Event(), threading.Event()

def stay():
    with room.take(10, Deadline.after(None)):
        inside.set()
        go.wait()

threads = [threading.Thread(target=stay, daemon=True) for _ in range(2)]
for thread in threads:
    thread.start()
inside.wait()
child = os.fork()
if child == 0:
    threading.Timer(20, os._exit, [1]).start()
    with room.take(10, Deadline.after(None)):
        os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
go.set()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_who_waits_can_be_stopped_but_runs_out_of_no_time() -> None:
    room, stop = Room(10), threading.Event()
    spent = Deadline(time.monotonic() - 1, 1.0).until(stop)
    with room.take(10, NEVER), ThreadPoolExecutor(1) as pool:

        def wait() -> None:
            with room.take(1, spent):
                raise AssertionError("there was no room")

        waiting = pool.submit(wait)
        time.sleep(0.15)
        assert not waiting.done()
        stop.set()
        with pytest.raises(TimeBudgetExceeded, match="stopped while waiting"):
            waiting.result(PATIENCE_S)
    with room.take(10, NEVER):
        pass  # who gave up left nothing behind


def test_who_waits_lets_go_of_what_it_holds_before() -> None:
    room, gone = Room(10), threading.Event()
    with room.take(6, NEVER, let_go=gone.set):
        assert not gone.is_set()
        with ThreadPoolExecutor(1) as pool:
            stop = threading.Event()

            def wait() -> None:
                with room.take(5, NEVER.until(stop), let_go=gone.set):
                    raise AssertionError("there was no room")

            waiting = pool.submit(wait)
            assert gone.wait(PATIENCE_S)
            stop.set()
            with pytest.raises(TimeBudgetExceeded):
                waiting.result(PATIENCE_S)


def info(width: int, height: int) -> MediaInfo:
    return MediaInfo(
        name="a.mp4", sha256="0" * 64, bytes=1, kind="video", container="mp4", codec="h264",
        width=width, height=height, rotation=0, duration_s=1.0, frame_rate="25",
        has_audio=False, frames_decoded=0, frames_damaged=0,
    )  # fmt: skip


def test_two_films_of_4k_fit_together_and_of_8k_one_by_itself() -> None:
    assert frames_memory(info(3840, 2160), 8) <= _BYTES / 2
    assert 3 * frames_memory(info(3840, 2160), 8) > _BYTES
    assert frames_memory(info(7680, 4320), 8) > _BYTES
    assert 8 * frames_memory(info(1920, 1080), 8) <= _BYTES


def test_an_analyser_asks_for_room_and_waiting_costs_no_time_of_the_file(
    analyser: Analyser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portrait = tmp_path / "portrait.png"
    Image.fromarray(WHOLE).save(portrait)
    asked: list[int] = []

    class Slow(Room):
        @contextmanager
        def take(
            self, amount: int, deadline: Deadline, *, let_go: Callable[[], None]
        ) -> Iterator[float]:
            asked.append(amount)
            yield 1000.0

    monkeypatch.setattr(analyser, "_room", Slow())
    monkeypatch.setattr(Run, "analyse", lambda run, info, *others: (info, run.deadline))
    given = Deadline.after(60)
    media, deadline = analyser.analyse(portrait, timeout=given)  # type: ignore[misc]
    assert asked == [frames_memory(media, 4)]
    assert deadline == given.later(1000.0)
