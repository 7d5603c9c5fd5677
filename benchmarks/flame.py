"""A flame graph of warm scans: which lines the threads of a process are in.

    python benchmarks/flame.py OUT.svg [--clip FILE] [--model NAME|DIR] [--repeats N]

py-spy (extra ``profile``) looks at the stacks of every thread a hundred times a second and counts
those at work; loading is among them, so that many repeats tell more. Inside a library written in
C++ it shows the line that called. What OpenVINO does in threads of its own has no stack of
Python's, and the thread that waits for it counts as idle: scoring is larger than it looks.
Without ``--clip``, the clip is that of scan_speed.py. The graph's own search adds up what matches,
such as ``unmask/faces``. A trace (``unmask scan --trace``) says when, a flame graph where.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scan_speed import SCAN, make_clip


def find_py_spy() -> str:
    """Beside this Python, or on the path."""
    beside = Path(sys.executable).with_name("py-spy")
    found = str(beside) if beside.exists() else shutil.which("py-spy")
    if found is None:
        sys.exit("py-spy is not installed: pip install 'unmask[profile]'")
    return found


def main() -> None:
    """Scan under py-spy's eyes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--repeats", type=int, default=10)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = args.clip or make_clip(Path(folder) / "clip.mp4", 10)
        what = json.dumps([str(clip), args.model, args.repeats, {}])
        spy = [find_py_spy(), "record", "--format", "flamegraph", "--output", str(args.out)]
        subprocess.run([*spy, "--", sys.executable, "-c", SCAN, what], check=True)


if __name__ == "__main__":
    main()
