"""How long a scan takes, stage by stage: a 10-second 1080p H.264 clip, cold and warm.

    python benchmarks/scan_speed.py [--clip FILE] [--model NAME|DIR] [--repeats N] [--seconds S]

Without ``--clip`` the clip is made from scikit-image's astronaut (extra ``demo``). Cold is a new
process from its start to the result, first with an empty cache of compiled graphs, then with a
filled one; warm is the median of further scans in one process. Stages overlap, so that they come
to more than the whole. Peak memory is the process's.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import unmask

SCAN = """
import json, sys, time
from pathlib import Path

import unmask
from unmask.pipeline import Analyser, AnalysisRequest
path, model, repeats, options = json.loads(sys.argv[1])
analyser = Analyser(model, device="cpu", options=AnalysisRequest(**options))
runs = []
for _ in range(repeats):
    start, burnt = time.perf_counter(), time.process_time()
    analysis = analyser.analyse(path)
    taken = {"total": time.perf_counter() - start, "cpu": time.process_time() - burnt}
    runs.append(analysis.timings_s | taken)
# Not ru_maxrss: a process inherits that from the one that started it.
status = Path("/proc/self/status").read_text()
print(json.dumps({
    "runs": runs,
    "peak_mb": int(status.split("VmHWM:")[1].split()[0]) / 1024,
    "crops": sum(f.score is not None for face in analysis.faces for f in face.frames),
    "precision": analysis.options.precision,
}))
"""


def make_clip(path: Path, seconds: int, *, rate: int = 25, key_every: int = 50) -> Path:
    """The astronaut before a grainy wall, the camera swaying, 1920×1080."""
    import av
    import numpy as np
    from PIL import Image
    from skimage.data import astronaut

    random = np.random.default_rng(0)
    scene = np.full((1120, 2060, 3), 120, np.int16) + random.integers(-12, 13, (1120, 2060, 1))
    scene[20:, 500:1600] = np.asarray(Image.fromarray(astronaut()).resize((1100, 1100)))
    scene = np.clip(scene, 0, 255).astype(np.uint8)
    with av.open(str(path), "w") as out:
        options = {"preset": "medium", "crf": "21", "x264-params": "log-level=none"}
        stream = out.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.codec_context.gop_size = key_every
        for index in range(seconds * rate):
            left = round(70 + 60 * np.sin(index / 20))
            top = round(20 + 15 * np.sin(index / 13))
            image = np.ascontiguousarray(scene[top : top + 1080, left : left + 1920])
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def scan(
    clip: Path, model: str | None, repeats: int, cache: Path, options: dict[str, int]
) -> dict[str, object]:
    """Scan in a new process; ``wall_s`` is from its start to its end.

    As where it is installed, there is bytecode of everything, whatever the environment forbids.
    """
    given = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    answer = subprocess.run(
        [sys.executable, "-c", SCAN, json.dumps([str(clip), model, repeats, options])],
        check=True,
        capture_output=True,
        text=True,
        env=given | {"UNMASK_CACHE": str(cache)},
    )
    result: dict[str, object] = json.loads(answer.stdout)
    return result | {"wall_s": time.perf_counter() - start}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--min-face", type=int, default=40)
    args = parser.parse_args()
    options = {"min_face": args.min_face}
    with tempfile.TemporaryDirectory() as folder:
        clip = args.clip or make_clip(Path(folder) / "clip.mp4", args.seconds)
        cache = Path(folder) / "cache"
        compileall.compile_dir(Path(unmask.__file__).parent, quiet=2)
        empty = scan(clip, args.model, 1, cache, options)
        filled = [scan(clip, args.model, 1, cache, options) for _ in range(3)]
        warm = scan(clip, args.model, args.repeats + 1, cache, options)
    runs = warm["runs"][1:]  # type: ignore[index]
    print(f"{clip.name}: {warm['crops']} crops scored, {warm['precision']}, {os.cpu_count()} cores")
    print(f"cold process, nothing compiled    {empty['wall_s']:6.2f} s")
    print(
        f"cold process, compiled graphs     {statistics.median(f['wall_s'] for f in filled):6.2f} s"
    )
    totals = [run["total"] for run in runs]
    print(
        f"warm, median of {len(runs)}                 {statistics.median(totals):6.2f} s"
        f"   ({min(totals):.2f} to {max(totals):.2f})"
    )
    burnt = [run["cpu"] for run in runs]
    print(
        f"    CPU seconds of all cores        {statistics.median(burnt):6.2f} s"
        f"   ({min(burnt):.2f} to {max(burnt):.2f})"
    )
    for stage in runs[0]:
        if stage not in ("total", "cpu"):
            seconds = statistics.median(run.get(stage, 0.0) for run in runs)
            print(f"    {stage:28s}{seconds:8.3f} s")
    print(f"peak memory                       {warm['peak_mb']:6.0f} MB")


if __name__ == "__main__":
    main()
