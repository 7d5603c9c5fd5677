"""The live camera without browser and network: JPEGs in, faces and scores out.

    python benchmarks/live_speed.py [--seconds S] [--model NAME|DIR] [--cores N] [--rate FPS]

A face of scikit-image's astronaut (extra ``demo``) moves before a wall, 640×480, as JPEGs of the
quality that the page sends. They go one after the other, each when the answer to the last has
come, to the process that the web app would start, which shares ``--cores`` with nothing but this
script. With ``--rate`` frames come no faster than that, as from a camera: then the CPU seconds a
frame say what the machine has left for a browser.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import time
from pathlib import Path

import numpy as np
from PIL import Image
from skimage.data import astronaut

from unmask.jobs.live import Camera
from unmask.jobs.options import JobOptions
from unmask.runtime import find_package

WIDTH, HEIGHT = 640, 480
FRAMES = 120


def scene() -> list[bytes]:
    """JPEGs of a camera that sways, of a little over four seconds at 30 frames a second."""
    random = np.random.default_rng(0)
    wall = np.clip(110 + random.integers(-12, 13, (HEIGHT, WIDTH, 1)), 0, 255).astype(np.uint8)
    person = astronaut()
    found = []
    for index in range(FRAMES):
        turn = 2 * np.pi * index / FRAMES  # the last frame leads on to the first
        left, top = round(64 + 50 * np.sin(3 * turn)), round(20 + 15 * np.sin(4 * turn))
        image = np.repeat(wall, 3, axis=2)
        image[top:, left : left + 512] = person[: HEIGHT - top]
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=90)
        found.append(file.getvalue())
    return found


def burnt(camera: Camera) -> float:
    """CPU seconds that the camera's process has used, where Linux tells."""
    fields = Path(f"/proc/{camera._process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--model")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--rate", type=float, default=float("inf"))
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[: given.cores]
    os.sched_setaffinity(0, cores)  # the child inherits it
    jpegs, camera = scene(), Camera(JobOptions(model=str(find_package(given.model).folder)))
    try:
        for jpeg in jpegs[:30]:
            camera.look(jpeg)
        took, seen, scored = [], 0, 0
        before, start = burnt(camera), time.perf_counter()
        looks = camera.look(jpegs[29])["looks"]
        while (now := time.perf_counter()) - start < given.seconds:
            answer = camera.look(jpegs[len(took) % FRAMES])
            took.append(time.perf_counter() - now)
            seen += bool(answer["faces"])
            scored = answer["looks"] - looks
            time.sleep(max(0.0, len(took) / given.rate - (time.perf_counter() - start)))
        whole = time.perf_counter() - start
        cpu_s = burnt(camera) - before
    finally:
        camera.close()
    slow = statistics.quantiles(took, n=20)[-1]
    print(
        f"{len(took) / whole:.1f} frames a second over {whole:.0f} s at {WIDTH}x{HEIGHT}, "
        f"{len(cores)} cores; {scored / whole:.1f} scores a second"
    )
    print(
        f"an answer took {1000 * statistics.median(took):.1f} ms at the median, "
        f"{1000 * slow:.1f} at 95 %; {1000 * cpu_s / len(took):.1f} CPU ms a frame, scores included"
    )
    print(f"a face was found in {seen} of {len(took)} frames")


if __name__ == "__main__":
    main()
