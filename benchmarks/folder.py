"""A folder of short clips: files side by side against one after the other.

    python benchmarks/folder.py [--clips N] [--repeats N] [--model NAME|DIR] [--jobs N]

Clips of one to three seconds, of 360 to 1080 lines and one or two faces, are made from
scikit-image's astronaut (extra ``demo``). Every run is a process of its own, ``unmask scan`` from
its start to its end with compiled graphs at hand, and the runs take turns. Utilisation is CPU
seconds over wall time and cores. The last row scans a quarter of the clips on a single core,
which is what two cores should beat by nearly two. The documents of the runs are compared, times
left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image
from skimage.data import astronaut

RATE = 25
SIZES = ((640, 360), (1280, 720), (1920, 1080))
SCAN = """
import os, sys
cores, *arguments = sys.argv[1:]
if cores == "one":
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
from unmask.cli import main
sys.exit(main(["scan", *arguments]))
"""


def scene(number: int) -> tuple[tuple[int, int], int, int]:
    """Size, seconds and faces of one of the films; twelve in a row have every combination."""
    return SIZES[number % 3], 1 + number // 3 % 3, 1 + number // 6 % 2


def film(path: Path, number: int) -> Path:
    """Heads side by side before a grainy wall, swaying, each film with its own grain and sway."""
    (width, height), seconds, faces = scene(number)
    random = np.random.default_rng(number)
    wall = np.clip(110 + random.integers(-12, 13, (height, width, 1)), 0, 255).astype(np.uint8)
    side = round(min(height * 0.7, width * 0.8 / faces))
    head = np.asarray(Image.fromarray(astronaut()[0:240, 100:340]).resize((side, side)))
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(seconds * RATE):
            image = np.repeat(wall, 3, axis=2)
            sway = round(width * 0.03 * np.sin(index / (6 + number)))
            for place in range(faces):
                left = round(width * 0.08) + place * side + sway
                image[height - side :, left : left + side] = head
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def copy(source: Path, path: Path) -> None:
    """The same film under another title: other bytes, so that it is looked at again."""
    with av.open(str(source)) as given, av.open(str(path), "w") as out:
        out.metadata["title"] = path.stem
        stream = given.streams.video[0]
        copied = out.add_stream_from_template(stream)
        for packet in given.demux(stream):
            if packet.dts is not None:
                packet.stream = copied
                out.mux(packet)


def make_folder(folder: Path, clips: int) -> Path:
    """``clips`` files of twelve films or fewer."""
    folder.mkdir(parents=True)
    films = [film(folder.parent / f"film-{n}.mp4", n) for n in range(min(12, clips))]
    for number in range(clips):
        copy(films[number % len(films)], folder / f"clip-{number:03d}.mp4")
    return folder


@dataclass(frozen=True)
class Run:
    """One scan of a folder."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    results: list[dict[str, Any]]


def scan(paths: list[Path], document: Path, arguments: list[str], *, cores: str = "all") -> Run:
    """Scan in a new process; ``cores`` "one" pins it to the first."""
    command = [sys.executable, "-c", SCAN, cores, *map(str, paths), "--json", str(document)]
    command += ["--no-history", "--quiet", "--device", "cpu", *arguments]
    start = time.perf_counter()
    process = os.posix_spawn(sys.executable, command, os.environ)
    _, status, usage = os.wait4(process, 0)
    wall_s = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"the scan ended with {os.waitstatus_to_exitcode(status)}")
    results = json.loads(document.read_text(encoding="utf-8"))["results"]
    for result in results:
        result.pop("timings_s")
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, results)


def row(name: str, runs: list[Run], cores: int) -> float:
    """Print medians; the clips a second."""
    rates = [len(run.results) / run.wall_s for run in runs]
    busy = statistics.median(run.cpu_s / run.wall_s / cores for run in runs)
    cost = statistics.median(run.cpu_s / len(run.results) for run in runs)
    peak = max(run.peak_mb for run in runs)
    rate = statistics.median(rates)
    print(
        f"{name:24}{rate:7.3f} clips/s ({min(rates):.3f} to {max(rates):.3f})  "
        f"{cores} cores busy {busy:4.0%}  {cost:5.2f} CPU s a clip  peak {peak:5.0f} MB",
        flush=True,
    )
    return rate


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--model")
    parser.add_argument("--jobs", help="instead of what a scan takes by itself")
    args = parser.parse_args()
    model = ["--model", args.model] if args.model else []
    more = ["--jobs", args.jobs] if args.jobs else []
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = make_folder(Path(name) / "clips", args.clips)
        document = Path(name) / "scan.json"
        few = sorted(folder.iterdir())[: max(2, args.clips // 4)]
        scan(few, document, model)  # graphs are compiled, libraries and clips in memory
        one, many, alone = [], [], []
        for _ in range(args.repeats):
            one.append(scan([folder], document, [*model, "--jobs", "1"]))
            many.append(scan([folder], document, [*model, *more]))
            alone.append(scan(few, document, [*model, "--jobs", "1"], cores="one"))
    print(f"{args.clips} clips, {sum(map(crops, one[0].results))} crops scored")
    slow, fast = row("--jobs 1", one, cores), row(" ".join(more) or "side by side", many, cores)
    single = row("--jobs 1, one core", alone, 1)
    print(
        f"side by side: {fast / slow:.2f} x as fast as --jobs 1, {fast / single:.2f} x as one core"
    )
    same = all(run.results == one[0].results for run in one + many)
    print(f"documents but for times: {'the same' if same else 'DIFFERENT'}")
    sys.exit(0 if same else 1)


def crops(result: dict[str, Any]) -> int:
    """How many crops of a file were scored."""
    return sum(frame["score"] is not None for face in result["faces"] for frame in face["frames"])


if __name__ == "__main__":
    main()
