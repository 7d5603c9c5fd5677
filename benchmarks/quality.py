"""How portraits read, as they are and worn, by what the floor of quality goes by.

    python benchmarks/quality.py DATA/ [--portraits N]

``DATA`` holds ``faces/faces.csv`` (docs/training.md). Prints percentiles of the sharpness, the
grain and the chroma of aligned crops at several input sizes: of the portraits as they are, in grey,
shrunk to faces of 48 pixels, defocused by a Gaussian of 1/40 of the face's side, and with noise of
a few grey levels in every pixel and colour, or in luma alone. Then come strokes and steps, by which
letters and mosaics over a face are told, of the portraits as they are and with the face in 16 and
32 tiles.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.clips import align
from unmask.faces import FaceDetector, covering
from unmask.synthesis import box_side
from unmask.synthesis.colour import to_bytes
from unmask.training.material import Portrait, read_portraits, split
from unmask.verdict import QualityFloor

SMALL = 48
FLOOR = QualityFloor()
SIZES = (168, 224, 299)
SHARES = (1, 2, 5, 50, 95, 98, 99)
NOISE = (3, 6)
TILES = (16, 32)
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
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(picture.shape, dtype=np.float32)
    noisy = {
        f"noise {sigma}{of}": (to_bytes(picture + np.float32(sigma) * values), points)
        for sigma in NOISE
        for of, values in (("", noise), (" in luma", noise[..., :1]))
    }
    return noisy | {
        "as it is": (picture, points),
        "in grey": (np.repeat(grey[..., None], 3, axis=2), points),
        f"shrunk to {SMALL} px": (small, shrunk.astype(np.float32)),
        "defocused": (blurred, points),
    }


def tiled(picture: Picture, box: tuple[float, ...], tiles: int) -> Picture:
    """The part within the box in so many tiles across."""
    x0, y0, x1, y1 = (max(0, round(value)) for value in box)
    face = picture[y0:y1, x0:x1]
    down = max(1, round(tiles * face.shape[0] / face.shape[1]))
    coarse = cv2.resize(face, (tiles, down), interpolation=cv2.INTER_AREA)
    changed = picture.copy()
    changed[y0:y1, x0:x1] = cv2.resize(coarse, face.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return changed


def covered(people: list[Portrait]) -> None:
    """Print strokes and steps of the largest face that the detector finds in each picture."""
    detector = FaceDetector()
    found: dict[str, list[tuple[float, float]]] = {}
    for portrait in people:
        picture = portrait.picture()
        face = max(detector.detect([picture])[0], key=lambda one: one.size, default=None)
        if face is None:
            continue
        shown = {"as it is": picture} | {
            f"in {tiles} tiles": tiled(picture, face.box, tiles) for tiles in TILES
        }
        for name, changed in shown.items():
            signs = covering(changed, face.box)
            found.setdefault(name, []).append((signs.strokes, signs.steps))
    for name, signs in found.items():
        strokes, steps = np.array(signs).T
        bad = (strokes >= FLOOR.strokes) | (steps < FLOOR.steps)
        print(
            f"{name:12} of {len(signs)} found: most strokes {strokes.max():.1f}, steps "
            f"{steps.min():.2f} to {steps.max():.2f} | {bad.mean():7.1%}"
        )


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
                found.setdefault(("chroma", name, size), []).append(crop.chroma)
    print(f"{len(people)} portraits; percentiles", *SHARES, "| turned down by the floor")
    for (measure, name, size), values in sorted(found.items()):
        told = " ".join(f"{value:6.2f}" for value in np.percentile(values, SHARES))
        read = np.array(values)
        bad = read >= FLOOR.grain if measure == "grain" else read < getattr(FLOOR, measure)
        print(f"{measure:9} {name:16} at {size} px: {told} | {bad.mean():7.1%}")
    covered(people)


if __name__ == "__main__":
    main()
