"""How portraits read, as they are and worn, by what the floor of quality goes by.

    python benchmarks/quality.py DATA/ [--portraits N]

``DATA`` holds ``faces/faces.csv`` (docs/training.md). Prints percentiles of the sharpness, the
grain and the chroma of aligned crops at several input sizes: of the portraits as they are, in grey,
shrunk to faces of 48 pixels, defocused by a Gaussian of 1/40 of the face's side, and with noise of
a few grey levels in every pixel and colour, or in luma alone. Then come the signs that something
lies over a face or that it went through a filter (``unmask.core.frames.Covering``), of the
portraits as they are, enlarged, with the face in 16 and 32 tiles, in few colours, with cut-off
tones, and under the lines of a screen.
"""

from __future__ import annotations

import argparse
from dataclasses import astuple, fields
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from unmask.clips import align
from unmask.core.frames import Covering
from unmask.faces import FaceDetector, covering
from unmask.synthesis import box_side
from unmask.synthesis.codecs import jpeg
from unmask.synthesis.colour import to_bytes
from unmask.training.material import Portrait, read_portraits, split
from unmask.verdict import QualityFloor

SMALL = 48
FLOOR = QualityFloor()
SIZES = (168, 224, 299)
SHARES = (1, 2, 5, 50, 95, 98, 99)
NOISE = (3, 6)
TILES = (16, 32)
COLOURS = (64, 256)
LINES = 3.2  # pixels from one line of a screen to the next
QUALITY = 85
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


def edited(picture: Picture) -> dict[str, Picture]:
    """The picture in palettes, with harder contrast, and as off a screen, each saved as JPEG too.

    Palettes are not: JPEG has all grey levels again.
    """
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    lines = 1 + 0.05 * np.sin(2 * np.pi * (x + 0.07 * y) / LINES)
    hard = {
        "more contrast": to_bytes(128 + np.float32(1.5) * (picture.astype(np.float32) - 128)),
        "off a screen": to_bytes((picture * lines[..., None]).astype(np.float32)),
    }
    shown = Pillow.fromarray(picture)
    palettes = {
        f"{count} colours": np.asarray(shown.quantize(count).convert("RGB")) for count in COLOURS
    }
    large = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    saved = {f"{name}, JPEG {QUALITY}": jpeg(changed, QUALITY) for name, changed in hard.items()}
    return palettes | hard | saved | {"enlarged twice": np.asarray(large, np.uint8)}


def covered(people: list[Portrait]) -> None:
    """Print the signs of the largest face that the detector finds in each picture."""
    detector = FaceDetector()
    found: dict[str, list[tuple[float, ...]]] = {}
    for portrait in people:
        picture = portrait.picture()
        face = max(detector.detect([picture])[0], key=lambda one: one.size, default=None)
        if face is None:
            continue
        tiles = {f"in {count} tiles": tiled(picture, face.box, count) for count in TILES}
        for name, changed in ({"as it is": picture} | tiles | edited(picture)).items():
            scale = changed.shape[1] / picture.shape[1]
            signs = covering(changed, tuple(scale * value for value in face.box))
            found.setdefault(name, []).append(astuple(signs))
    print("strokes, steps, gaps, clipped, pattern: the worst, and how many the floor turns down")
    for name, each in found.items():
        table = dict(zip((one.name for one in fields(Covering)), np.array(each).T, strict=True))
        told = []
        for sign, values in table.items():
            low, floor = sign == "steps", getattr(FLOOR, sign)
            bad = values < floor if low else values >= floor
            worst = values.min() if low else values.max()
            told.append(f"{worst:6.2f} {bad.mean():6.1%}")
        print(f"{name:23} of {len(each)} found:", " | ".join(told))


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
