"""OpenVINO's first inference, by several threads at once, in processes of their own."""

from __future__ import annotations

import subprocess
import sys

RACE = """
import sys, threading
from unmask.runtime import openvino_session
openvino_session._core()  # as whoever opens a session has done
sys.setswitchinterval(1e-6)
together = threading.Barrier(4)
def first():
    together.wait()
    openvino_session.ov.Type.f32.to_dtype()  # as every inference does
threads = [threading.Thread(target=first) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
_PATIENCE_S = 60.0


def test_threads_that_begin_at_once_do_not_lock_each_other_out() -> None:
    racing = [subprocess.Popen([sys.executable, "-c", RACE]) for _ in range(6)]
    try:
        assert [one.wait(_PATIENCE_S) for one in racing] == [0] * 6
    finally:
        for one in racing:
            one.kill()
