"""What large frames leave in the heap."""

from __future__ import annotations

import subprocess
import sys

import pytest

from unmask.core.heap import keep_blocks, return_large_blocks

# Blocks of a 4K frame's size between small ones that stay, all freed: what is still held?
CODE = """
import sys
from pathlib import Path
import numpy as np
from unmask.core.heap import return_large_blocks
if sys.argv[1] == "set" and not return_large_blocks():
    sys.exit("no such C library")
def held():
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024
for _ in range(2):
    large, small = [], []
    for _ in range(20):
        large.append(np.ones(12_000_000, np.uint8))
        small.append(np.ones(100_000, np.uint8))
    before = held()
    del large
print(round(before - held()))
"""


def given_back(how: str) -> int:
    """Of 229 MB."""
    command = [sys.executable, "-c", CODE, how]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env={})
    if "no such C library" in answer.stderr:
        pytest.skip("no glibc")
    assert answer.returncode == 0, answer.stderr
    return int(answer.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told")
def test_what_large_frames_held_is_given_back() -> None:
    assert given_back("set") > 200
    assert given_back("leave") < 100


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told")
def test_a_fit_asks_for_a_page_once() -> None:
    code = """
import resource
import sys
import numpy as np
from unmask.core.heap import keep_blocks
if not keep_blocks():
    sys.exit("no such C library")
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = faults()
for _ in range(20):
    pictures = [np.ones(1_000_000, np.uint8) for _ in range(8)]
print(faults() - before)
"""
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env={})
    if "no such C library" in answer.stderr:
        pytest.skip("no glibc")
    assert answer.returncode == 0, answer.stderr
    pages = 16 * 1_000_000 // 4096  # twice eight pictures are held at a time
    assert int(answer.stdout) < 2 * pages  # without, three times as many


def test_settings_of_the_environment_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "131072")
    assert not return_large_blocks()
    assert not keep_blocks()
