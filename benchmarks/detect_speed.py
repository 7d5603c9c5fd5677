"""Frames a second of face detection, by picture size and smallest face, and where the time goes.

    python benchmarks/detect_speed.py [--picture FILE] [--runtime openvino] [--threads 2]

Each line is the median of repeated warm calls with one picture, with the fastest and slowest, and
what the first call took (the runtime prepares its kernels for each new canvas shape). The CPU time
of all cores together tells how the machine's other work disturbs the rest. Without ``--picture``
the picture is scikit-image's astronaut, eight times in a wide frame.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.data import astronaut

from unmask.faces import FaceDetector
from unmask.runtime import SessionOptions

SETTINGS = [
    # name, height, width, min_face, target in frames a second or None
    ("640×480", 480, 640, 40, None),
    ("1280×720", 720, 1280, 40, 40),
    ("1280×720", 720, 1280, 20, 12),
    ("1920×1080", 1080, 1920, 40, None),
    ("1920×1080", 1080, 1920, 20, None),
    ("720×1280", 1280, 720, 40, None),
    ("3840×2160", 2160, 3840, 40, None),
]


def frame(height: int, width: int, picture: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """The picture at that size, or a frame of eight astronauts."""
    if picture is None:
        picture = np.tile(astronaut(), (2, 4, 1))
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def crowd(count: int) -> NDArray[np.uint8]:
    """``count`` faces of 45 pixels, a hundred to a full HD picture."""
    face = cv2.resize(astronaut()[20:250, 100:330], (100, 100), interpolation=cv2.INTER_AREA)
    across = int(np.ceil(np.sqrt(count * 16 / 9)))
    down = -(-count // across)
    return np.asarray(np.tile(np.pad(face, ((4, 4), (20, 20), (0, 0))), (down, across, 1)))


def timed(
    detector: FaceDetector, picture: NDArray[np.uint8], budget_s: float
) -> tuple[int, list[float], float]:
    """Faces found, seconds of each call that fits the budget, and CPU seconds a call."""
    seconds: list[float] = []
    started, burnt = time.perf_counter(), time.process_time()
    while len(seconds) < 6 or (time.perf_counter() - started < budget_s and len(seconds) < 200):
        before = time.perf_counter()
        faces = len(detector.detect([picture])[0])
        seconds.append(time.perf_counter() - before)
    return faces, seconds, (time.process_time() - burnt) / len(seconds)


def main() -> None:
    """Measure every setting and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--runtime", choices=("openvino", "onnxruntime"))
    parser.add_argument("--precision", choices=("auto", "f32", "bf16"), default="auto")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each setting")
    arguments = parser.parse_args()
    options = SessionOptions(
        device="cpu",
        runtime=arguments.runtime,
        precision=arguments.precision,
        threads=arguments.threads,
    )
    picture = arguments.picture and np.asarray(Image.open(arguments.picture).convert("RGB"))
    work = [
        (name, face, frame(height, width, picture), target)
        for name, height, width, face, target in SETTINGS
    ]
    work += [("crowd of 100", 20, crowd(100), 2), ("crowd of 5000", 20, crowd(5000), None)]
    print("picture        min_face faces  frames/s target  median ms (least–most) CPU ms  first ms")
    for name, face, pixels, target in work:
        detector = FaceDetector(options, min_face=face)
        faces, (first, *more), burnt = timed(detector, pixels, arguments.seconds)
        median, least, most = (1e3 * f for f in (float(np.median(more)), min(more), max(more)))
        print(
            f"{name:14} {face:8} {faces:5} {1e3 / median:9.1f} {target or '–':>6} "
            f"{median:10.1f} ({least:.1f}–{most:.1f}) {1e3 * burnt:6.1f} {1e3 * first:9.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
