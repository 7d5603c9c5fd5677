"""One process at a time, and none for ever."""

from __future__ import annotations

import subprocess
import sys
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
