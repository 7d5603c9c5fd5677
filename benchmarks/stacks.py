"""A scan beside what people use today for this job, in one run, as ratios of medians.

    python benchmarks/stacks.py [--clip FILE] [--keras PYTHON] [--facenet PYTHON] [--repeats N]

``--keras`` and ``--facenet`` are the interpreters of the environments that the two scripts in
``benchmarks/baselines/`` describe; a stack without one is left out. All look for faces of 20
pixels in the same clip, made by ``scan_speed.py`` unless one is given, and score one in 20 frames
(ours as a scan takes them by itself, in four stretches). Wall time is what a person waits; CPU
seconds of all cores together hardly depend on what else the machine does. Exits 1 where a ratio of
CPU seconds falls under ``--least``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scan_speed import make_clip

BASELINES = Path(__file__).parent / "baselines"
SCAN = """
import json, sys, time
from unmask.pipeline import Analyser, AnalysisRequest
path, repeats, model = sys.argv[1], int(sys.argv[2]), sys.argv[3] or None
analyser = Analyser(model, device="cpu", options=AnalysisRequest(min_face=20))
runs = []
for _ in range(repeats + 1):
    start, burnt = time.perf_counter(), time.process_time()
    analysis = analyser.analyse(path)
    taken = {"total": time.perf_counter() - start, "cpu": time.process_time() - burnt}
    faces = sum(f.score is not None for face in analysis.faces for f in face.frames)
    runs.append({**analysis.timings_s, **taken, "faces": faces})
versions = {"unmask": analysis.unmask, "arithmetic": analysis.options.precision}
print(json.dumps({"versions": versions, "first": runs[0], "runs": runs[1:]}))
"""


def measured(command: list[str]) -> dict[str, Any]:
    """What a stack prints of itself."""
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(answer.stdout.strip().splitlines()[-1])
    return result


def spread(runs: list[dict[str, float]], what: str) -> tuple[float, str]:
    """The median and how it is shown, with the least and most."""
    values = [run[what] for run in runs]
    median = statistics.median(values)
    return median, f"{median:7.2f} s ({min(values):.2f}–{max(values):.2f})"


def main() -> None:
    """Measure, print, compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--model", default="")
    parser.add_argument("--keras")
    parser.add_argument("--facenet")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--least", type=float, default=0.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = str(arguments.clip or make_clip(Path(folder) / "clip.mp4", 10))
        repeats = str(arguments.repeats)
        stacks = {"unmask": [sys.executable, "-c", SCAN, clip, repeats, arguments.model]}
        for name in ("keras", "facenet"):
            if (python := getattr(arguments, name)) is not None:
                script = str(BASELINES / f"{name}_stack.py")
                stacks[name] = [python, script, clip, "--repeats", repeats]
        found = {name: measured(command) for name, command in stacks.items()}
    ours = {what: spread(found["unmask"]["runs"], what)[0] for what in ("total", "cpu")}
    missed = False
    for name, result in found.items():
        facts = ", ".join(f"{key} {value}" for key, value in result["versions"].items())
        print(f"{name}: {facts}; {result['runs'][0]['faces']} faces scored")
        for what in ("decode", "detect", "score", "total", "cpu"):
            median, shown = spread(result["runs"], what)
            ratio = f"  {median / ours[what]:5.1f} × ours" if what in ours else ""
            print(f"    {what:8}{shown}{ratio}")
        missed |= name != "unmask" and spread(result["runs"], "cpu")[0] < (
            arguments.least * ours["cpu"]
        )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
