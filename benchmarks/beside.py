"""Two states of the source side by side: what a change does to a scan's time and its scores.

    git worktree add ../before main
    python benchmarks/beside.py ../before/src [CLIP...] [--repeats N]

Each state has a process of its own with the networks loaded, and they scan in turn, so that what
else the machine does befalls both alike. Prints medians of wall and CPU seconds, the medians of
the ratios of neighbouring scans, peak memory, and the largest change of any probability in the
documents. Without a clip the one of ``scan_speed.py`` is made.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scan_speed import make_clip

SCANS = """
import json, sys, time
from pathlib import Path
from unmask.pipeline import Analyser
analyser = Analyser(sys.argv[1] or None, device="cpu")
analyser.load()
for path in sys.stdin:
    start, burnt = time.perf_counter(), time.process_time()
    analysis = analyser.analyse(path.rstrip("\\n"))
    taken = {"wall": time.perf_counter() - start, "CPU": time.process_time() - burnt}
    status = Path("/proc/self/status").read_text()
    taken["peak_mb"] = int(status.split("VmHWM:")[1].split()[0]) / 1024
    scores = [analysis.verdict.probability]
    scores += [frame.score for face in analysis.faces for frame in face.frames]
    scores += [clip.score for face in analysis.faces for clip in face.clips]
    print(json.dumps(taken | {"scores": scores, "label": analysis.verdict.label}), flush=True)
"""


class State:
    """A process that scans with the source of one folder."""

    def __init__(self, source: Path, model: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SCANS, model],
            env=os.environ | {"PYTHONPATH": str(source.resolve())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def scan(self, clip: Path) -> dict[str, Any]:
        """What one scan took and said."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{clip}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """No more scans."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def compare(before: State, now: State, clip: Path, repeats: int) -> None:
    """Scan one clip with both in turn and print."""
    pairs = []
    for number in range(repeats + 1):
        first, second = (before, now) if number % 2 else (now, before)
        answers = {first: first.scan(clip), second: second.scan(clip)}
        if number:  # the first fills what is kept for a size of picture
            pairs.append((answers[before], answers[now]))
    print(f"{clip.name}: {repeats} scans each, in turn")
    for what in ("wall", "CPU"):
        one, other = (statistics.median(pair[i][what] for pair in pairs) for i in (0, 1))
        ratio = statistics.median(pair[1][what] / pair[0][what] for pair in pairs)
        print(f"    {what:5s} before {one:6.3f} s   now {other:6.3f} s   ratio {ratio:.3f}")
    old, new = pairs[-1]
    print(f"    peak  before {old['peak_mb']:4.0f} MB     now {new['peak_mb']:4.0f} MB")
    print(f"    label {old['label']} → {new['label']}, {change(old['scores'], new['scores'])}")


def change(old: list[float | None], new: list[float | None]) -> str:
    """How far the scores of the same frames and clips lie apart."""
    if [one is None for one in old] != [one is None for one in new]:
        return f"{len(old)} and {len(new)} scores of different frames"
    apart = [abs(a - b) for a, b in zip(old, new, strict=True) if a is not None and b is not None]
    return f"{len(apart)} probabilities differ by {max(apart, default=0.0):g} at most"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="the folder src of the other state")
    parser.add_argument("clips", type=Path, nargs="*")
    parser.add_argument("--model", default="")
    parser.add_argument("--repeats", type=int, default=11)
    args = parser.parse_args()
    before, now = (
        State(source, args.model) for source in (args.before, Path(__file__).parents[1] / "src")
    )
    with tempfile.TemporaryDirectory() as folder:
        clips = args.clips or [make_clip(Path(folder) / "clip.mp4", 10)]
        for clip in clips:
            compare(before, now, clip.resolve(), args.repeats)
    before.close()
    now.close()


if __name__ == "__main__":
    main()
