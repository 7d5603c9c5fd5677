"""How the cost of a scan grows with duration, resolution, faces and files.

    python benchmarks/growth.py measure growth.json [--repeats N] [--model NAME|DIR]
    python benchmarks/growth.py plot growth.json growth.svg

Every case is a process of its own with compiled graphs at hand: the CPU seconds and the wall time
of its scans, the networks loaded, and its peak memory. The clips are made from scikit-image's
astronaut (extra ``demo``); longer ones repeat a short one. Plotting needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image
from skimage.data import astronaut

SCAN = """
import json, sys, time
from pathlib import Path
from unmask.pipeline import Analyser, AnalysisRequest
model, repeats, options, *paths = json.loads(sys.argv[1])
analyser = Analyser(model, device="cpu", options=AnalysisRequest(**options))
analyser.load()
runs = []
for _ in range(repeats):
    start, burnt = time.perf_counter(), time.process_time()
    found = [analyser.analyse(path) for path in paths]
    runs.append((time.process_time() - burnt, time.perf_counter() - start))
status = Path("/proc/self/status").read_text()
print(json.dumps({
    "cpu_s": [run[0] for run in runs], "wall_s": [run[1] for run in runs],
    "peak_mb": int(status.split("VmHWM:")[1].split()[0]) / 1024,
    "crops": sum(f.score is not None for a in found for face in a.faces for f in face.frames),
}))
"""
RATE = 25
SIZES = {"360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080), "4K": (3840, 2160),
         "8K": (7680, 4320)}  # fmt: skip


def clip(path: Path, seconds: int, size: tuple[int, int], faces: int = 1) -> Path:
    """Heads side by side before a grey wall, swaying."""
    width, height = size
    across = int(np.ceil(np.sqrt(faces)))
    side = round(height * 0.8 / across)
    head = np.asarray(Image.fromarray(astronaut()[0:240, 100:340]).resize((side, side)))
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "21"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = 2 * RATE
        for index in range(seconds * RATE):
            image = np.full((height, width, 3), 110, np.uint8)
            sway = round(width * 0.02 * np.sin(index / 9))
            for number in range(faces):
                top = round(height * 0.05) + number // across * side
                left = round(width * 0.05) + number % across * side + sway
                image[top : top + side, left : left + side] = head
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def repeated(source: Path, path: Path, times: int) -> Path:
    """The clip ``times`` over, packet by packet."""
    with av.open(str(source)) as given, av.open(str(path), "w") as out:
        stream = given.streams.video[0]
        packets = [packet for packet in given.demux(stream) if packet.size]
        length = round(Fraction(len(packets), RATE) / stream.time_base)
        copied = out.add_stream_from_template(stream)
        for round_ in range(times):
            for old in packets:
                new = av.Packet(bytes(old))
                new.pts, new.dts = old.pts + round_ * length, old.dts + round_ * length
                new.time_base, new.is_keyframe = stream.time_base, old.is_keyframe
                new.stream = copied
                out.mux(new)
    return path


def cases(folder: Path) -> Iterator[tuple[str, str, list[Path], dict[str, int]]]:
    """What grows, how far, the files and the options of each case. Made as they are asked for."""
    ten = clip(folder / "ten.mp4", 10, SIZES["1080p"])
    for name, times in (("10 s", 1), ("1 min", 6), ("10 min", 60), ("2 h", 720)):
        path = repeated(ten, folder / "long.mp4", times)
        yield "duration", name, [path], {}
        path.unlink()
    for name, size in SIZES.items():
        path = clip(folder / f"{name}.mp4", 2, size)
        yield "resolution", name, [path], {}
        path.unlink()
    for faces in (1, 2, 4, 8, 16):
        path = clip(folder / f"{faces}.mp4", 2, SIZES["1080p"], faces)
        yield "faces", str(faces), [path], {"max_faces": 16}
    short = [clip(folder / f"file-{n}.mp4", 2, SIZES["720p"]) for n in range(8)]
    for count in (1, 2, 4, 8):
        yield "files", str(count), short[:count], {}


def measure(output: Path, model: str | None, repeats: int) -> None:
    """Run every case and write the figures."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for what, name, paths, options in cases(Path(folder)):
            order = json.dumps([model, repeats, options, *map(str, paths)])
            answer = subprocess.run(
                [sys.executable, "-c", SCAN, order], check=True, stdout=subprocess.PIPE, text=True
            )
            rows.append({"what": what, "case": name, **json.loads(answer.stdout)})
            row = rows[-1]
            print(
                f"{what:10} {name:>7} {row['crops']:4} crops "
                f"{statistics.median(row['cpu_s']):7.2f} CPU s {row['peak_mb']:6.0f} MB "
                f"{statistics.median(row['wall_s']):7.2f} s",
                flush=True,
            )
            output.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def plot(source: Path, output: Path) -> None:
    """One panel for each thing that grows: CPU seconds and peak memory."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    rows = json.loads(source.read_text(encoding="utf-8"))
    names = list(dict.fromkeys(row["what"] for row in rows))
    figure, panels = pyplot.subplots(1, len(names), figsize=(3.2 * len(names), 2.8))
    for panel, what in zip(panels, names, strict=True):
        own = [row for row in rows if row["what"] == what]
        labels = [row["case"] for row in own]
        panel.plot(labels, [statistics.median(row["cpu_s"]) for row in own], "o-", color="C0")
        panel.set(xlabel=what, ylim=(0, None))
        memory = panel.twinx()
        memory.plot(labels, [row["peak_mb"] for row in own], "s--", color="C1")
        memory.set_ylim(0, None)
        if what == names[0]:
            panel.set_ylabel("CPU seconds (solid)")
        if what == names[-1]:
            memory.set_ylabel("peak memory, MB (dashed)")
    figure.tight_layout()
    figure.savefig(output, metadata={"Date": None})


def main() -> None:
    """Measure or plot."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    measuring = commands.add_parser("measure")
    measuring.add_argument("output", type=Path)
    measuring.add_argument("--model")
    measuring.add_argument("--repeats", type=int, default=3)
    plotting = commands.add_parser("plot")
    plotting.add_argument("source", type=Path)
    plotting.add_argument("output", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "plot":
        plot(arguments.source, arguments.output)
    else:
        measure(arguments.output, arguments.model, arguments.repeats)


if __name__ == "__main__":
    main()
