"""How sharp and how grainy portraits read as they are and worn: where the floor of quality lies.

    python benchmarks/quality.py DATA/ [--portraits N]

``DATA`` holds ``faces/faces.csv`` (docs/training.md). Prints percentiles of the sharpness and the
grain of aligned crops at several input sizes: of the portraits as they are, shrunk to faces of 48
pixels, defocused by a Gaussian of 1/40 of the face's side, and with noise of a few grey levels in
every pixel and colour, or in luma alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.clips import align
from unmask.synthesis import box_side
from unmask.synthesis.colour import to_bytes
from unmask.training.material import Portrait, read_portraits, split
from unmask.verdict import QualityFloor

SMALL = 48
FLOOR = QualityFloor()
SIZES = (168, 224, 299)
SHARES = (1, 2, 5, 50, 95, 98, 99)
NOISE = (3, 6)
Picture = NDArray[np.uint8]


def worn(portrait: Portrait) -> dict[str, tuple[Picture, NDArray[np.float32]]]:
    """Picture and landmarks, three ways."""
    face = portrait.face()
    picture, points, side = face.picture, portrait.landmarks, box_side(face.frame)
    height, width = picture.shape[:2]
    size = (round(width * SMALL / side), round(height * SMALL / side))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    shrunk = np.float32([size[0] / width, size[1] / height]) * points
    blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), side / 40), np.uint8)
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(picture.shape, dtype=np.float32)
    noisy = {
        f"noise {sigma}{of}": (to_bytes(picture + np.float32(sigma) * values), points)
        for sigma in NOISE
        for of, values in (("", noise), (" in luma", noise[..., :1]))
    }
    return noisy | {
        "as it is": (picture, points),
        f"shrunk to {SMALL} px": (small, shrunk.astype(np.float32)),
        "defocused": (blurred, points),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--portraits", type=int, default=300)
    parser.add_argument("--margin", type=float, default=1.0, help="of the crops, in face boxes")
    options = parser.parse_args()
    people = split(read_portraits(options.data), "train")
    people = people[:: max(1, len(people) // options.portraits)][: options.portraits]
    found: dict[tuple[str, str, int], list[float]] = {}
    for portrait in people:
        for name, (picture, points) in worn(portrait).items():
            for size in SIZES:
                crop = align(picture, points, size=size, margin=options.margin)
                found.setdefault(("sharpness", name, size), []).append(crop.sharpness)
                found.setdefault(("grain", name, size), []).append(crop.grain)
    print(f"{len(people)} portraits; percentiles", *SHARES, "| turned down by the floor")
    for (measure, name, size), values in sorted(found.items()):
        told = " ".join(f"{value:6.2f}" for value in np.percentile(values, SHARES))
        noisy = measure == "grain"
        bad = np.array(values) >= FLOOR.grain if noisy else np.array(values) < FLOOR.sharpness
        print(f"{measure:9} {name:16} at {size} px: {told} | {bad.mean():7.1%}")


if __name__ == "__main__":
    main()
