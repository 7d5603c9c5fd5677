"""One process at a time, and none for ever."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import pytest
from claims import holding

from unmask.core.claim import claimed
from unmask.core.errors import DataError

pytest.importorskip("fcntl")
ORPHAN = """
import os, sys, time
from pathlib import Path
from unmask.core.claim import claimed
with claimed(Path(sys.argv[1]), hint=""):
    if os.fork() == 0:
        os.closerange(0, 3)
        time.sleep(10)
    print("forked", flush=True)
    os._exit(9)
"""


def test_a_second_process_is_told(tmp_path: Path) -> None:
    with holding(tmp_path / "lock"):
        with (
            pytest.raises(DataError, match="another run is at work in") as caught,
            claimed(tmp_path / "lock", hint="wait"),
        ):
            pytest.fail("was let in")
        assert caught.value.hint == "wait"
    with claimed(tmp_path / "lock", hint=""):
        pass


def test_a_worker_that_outlives_its_run_holds_nothing(tmp_path: Path) -> None:
    """As a data worker does for some seconds when its fit is killed."""
    done = subprocess.run(
        [sys.executable, "-c", ORPHAN, str(tmp_path / "lock")],
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (9, b"forked\n")
    with claimed(tmp_path / "lock", hint=""):
        pass


def test_windows_has_locks_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs did the same work at once there."""
    held: list[tuple[int, int]] = []

    def locking(number: int, how: int, length: int) -> None:
        if held:
            raise PermissionError(13, "Permission denied")
        held.append((how, length))

    monkeypatch.setattr(sys, "platform", "win32")
    module = types.SimpleNamespace(LK_NBLCK=2, locking=locking)
    monkeypatch.setitem(sys.modules, "msvcrt", module)
    with (
        claimed(tmp_path / "lock", hint=""),
        pytest.raises(DataError, match="another run is at work in"),
        claimed(tmp_path / "lock", hint=""),
    ):
        pytest.fail("was let in")
    assert held == [(2, 1)]
