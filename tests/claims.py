"""Another process at work in a folder: the system lets one process in twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CODE = """
import sys
from pathlib import Path
from unmask.core.claim import claimed
with claimed(Path(sys.argv[1]), hint=""):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(lock: Path) -> Iterator[None]:
    """It claims ``lock`` meanwhile."""
    with subprocess.Popen(
        [sys.executable, "-c", _CODE, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield
        other.communicate()
