"""Forks while other threads hold locks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

HELD = """
import os, sys, threading, time
from unmask.core.forking import in_each_child, no_fork_within
lock, held, renewed = threading.Lock(), threading.Event(), []
no_fork_within(lock)
in_each_child(lambda: renewed.append(True))

def hold():
    with lock:
        held.set()
        time.sleep(0.3)

thread = threading.Thread(target=hold)
thread.start()
held.wait()
child = os.fork()
if child == 0:
    os._exit(0 if lock.acquire(timeout=5) and renewed else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert lock.acquire(timeout=5) and not renewed
thread.join()
"""


def test_a_fork_waits_for_who_holds_the_lock() -> None:
    command = [sys.executable, "-c", HELD]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
