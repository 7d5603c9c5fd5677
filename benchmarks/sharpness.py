"""How sharp portraits read once they are shrunk or defocused: where the floor of quality lies.

    python benchmarks/sharpness.py DATA/ [--portraits N]

``DATA`` holds ``faces/faces.csv`` (docs/training.md). Prints percentiles of the sharpness of
aligned crops at several input sizes: of the portraits as they are, shrunk to faces of 48 pixels,
and defocused by a Gaussian of 1/40 of the face's side.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.clips.align import align, sharpness
from unmask.training.material import Portrait, box_side, read_portraits, split

SMALL = 48
SIZES = (168, 224, 299)
SHARES = (1, 5, 50, 95, 99)
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
    return {
        "as it is": (picture, points),
        f"shrunk to {SMALL} px": (small, shrunk.astype(np.float32)),
        "defocused": (blurred, points),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--portraits", type=int, default=300)
    options = parser.parse_args()
    people = split(read_portraits(options.data), "train")
    people = people[:: max(1, len(people) // options.portraits)][: options.portraits]
    found: dict[tuple[str, int], list[float]] = {}
    for portrait in people:
        for name, (picture, points) in worn(portrait).items():
            for size in SIZES:
                crop = align(picture, points, size=size, margin=1.3).image
                found.setdefault((name, size), []).append(sharpness(crop))
    print(f"{len(people)} portraits; percentiles", *SHARES)
    for (name, size), values in sorted(found.items()):
        told = " ".join(f"{value:6.2f}" for value in np.percentile(values, SHARES))
        print(f"{name:16} at {size} px: {told}")


if __name__ == "__main__":
    main()
