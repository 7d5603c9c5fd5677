"""Measure the live page: frames a second from the camera to the boxes on the screen.

.venv/bin/pip install -e '.[browser]'      # and Chromium with its driver
.venv/bin/python tools/measure_live.py [--model DIR] [--seconds 20] [--cores 2]

The server with its model and Chromium with a camera of 640×480, which is a sample clip, share so
many cores, as on a small machine; browsers elsewhere leave the server all of them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from driving import CAMERA, SAMPLES, as_camera, browser, camera_flags, server, watch_live

_SEEN = "return [Number(document.getElementById('live').dataset.frames), performance.now()]"
_PARTS = "return document.getElementById('rate').textContent"


def main() -> None:
    """Print the rate over all seconds, and of each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", help="folder of a package; the shipped one by default")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[: given.cores]
    os.sched_setaffinity(0, cores)  # children inherit it
    options = ("--model", given.model) if given.model else ()
    with tempfile.TemporaryDirectory() as data, server(data, *options) as url:
        film = Path(data) / "camera.mjpeg"
        as_camera(SAMPLES[0], film)
        with browser(*camera_flags(film)) as driver:
            watch_live(driver, url)
            time.sleep(3)
            counts = [driver.execute_script(_SEEN)]
            for _ in range(given.seconds):
                time.sleep(1)
                counts.append(driver.execute_script(_SEEN))
            shown = driver.execute_script(_PARTS)
    rates = [
        1000 * (after[0] - before[0]) / (after[1] - before[1]) for before, after in pairwise(counts)
    ]
    whole = 1000 * (counts[-1][0] - counts[0][0]) / (counts[-1][1] - counts[0][1])
    print(
        f"{whole:.1f} frames a second over {given.seconds} s at {CAMERA[0]}x{CAMERA[1]}, "
        f"{len(cores)} cores; the slowest second {min(rates):.1f}, the last reading {shown}"
    )


if __name__ == "__main__":
    main()
