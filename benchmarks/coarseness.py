"""Which quantiser of H.264 has the error that a picture's coding has, and what its file says.

    python benchmarks/coarseness.py DATA/ [--portraits N]

``DATA`` holds ``faces/faces.csv`` (docs/training.md). The middle of each portrait is saved as JPEG
with several tables, WebP, HEIC and AVIF, and as frames of H.264 that lean on no other, at fixed
quantisers. Errors are root mean squares of luma. Prints by kind and setting what ``quantiser`` of a
document would hold at the mean, the median of the quantisers at which H.264 has the same error, and
how far the first is above the second; last, that where H.264 has 33, the floor of the verdict.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from pillow_heif import register_heif_opener

from unmask.training.material import Portrait, read_portraits, split
from unmask.verdict import QualityFloor
from unmask.video.pillow import recognised
from unmask.video.stills import quantiser

Picture = NDArray[np.uint8]
FLOOR = QualityFloor().quantiser
SIDE, SMALLEST = 160, 240  # pixels of the middle, and of portraits
LADDER = tuple(range(18, 49, 3))
EVEN = "log-level=none:ipratio=1:aq-mode=0:keyint=1"  # every block of every frame alike
QUALITIES = (5, 10, 15, 20, 25, 30, 40, 50, 65, 80)
SCALES = (0.8, 1.2, 1.6, 2.0, 2.4, 2.8, 3.4, 4.5)
TABLES = {  # steps along the first row, of which others are made by how far they are from its start
    "even": (16,) * 15,
    "rising": (8, 16, 21, 24, 27, 29, 34, 37, 40, 46, 56, 69, 83, 83, 83),
    "steep": (16, 16, 18, 22, 28, 40, 58, 80, 95, 120, 145, 170, 220, 300, 400),
    "chroma's": (17, 18, 25, 50, *(99,) * 11),
}


class Kind(NamedTuple):
    """A way of saving: what Pillow calls it, and what it is told by setting."""

    form: str
    settings: Mapping[str, Mapping[str, Any]]


def kinds() -> dict[str, Kind]:
    """All that are compared."""
    by_quality = {str(quality): {"quality": quality} for quality in QUALITIES}
    found = {name: Kind(name, by_quality) for name in ("JPEG", "WebP", "HEIF", "AVIF")}
    for name, steps in TABLES.items():
        of_scale = {f"x{scale:g}": {"qtables": [table(steps, scale)] * 2} for scale in SCALES}
        found[f"JPEG, {name} table"] = Kind("JPEG", of_scale)
    return found


def table(steps: tuple[int, ...], scale: float) -> list[int]:
    """64 steps, row by row, each as far along ``steps`` as its place is across and down."""
    places = [across + down for down in range(8) for across in range(8)]
    return [min(255, max(1, round(scale * steps[place]))) for place in places]


def middle(portrait: Portrait) -> Picture:
    """A square of the picture, about the face."""
    picture = portrait.picture()
    top, left = ((side - SIDE) // 2 for side in picture.shape[:2])
    return np.ascontiguousarray(picture[top : top + SIDE, left : left + SIDE])


def h264(pictures: list[Picture], coded: int) -> list[Picture]:
    """Each as a frame of its own."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as film:
        options = {"preset": "medium", "qp": str(coded), "x264-params": EVEN}
        stream = film.add_stream("libx264", 25, options)
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        film.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as film:
        return [np.asarray(one.to_ndarray(format="rgb24")) for one in film.decode(video=0)]


def saved(picture: Picture, kind: Kind, setting: str, folder: Path) -> tuple[Picture, float]:
    """The picture as it is read again, and what its file says."""
    path = folder / "saved"
    Pillow.fromarray(picture).save(path, kind.form, **kind.settings[setting])
    with recognised(path) as image:
        said = None if image is None else quantiser(path, image)
        if image is None or said is None:
            raise SystemExit(f"{kind.form} at {setting} says nothing")
        return np.asarray(image.convert("RGB")), said


def errors(pictures: list[Picture], others: list[Picture]) -> list[float]:
    """Root mean squares of luma's differences, in grey levels."""
    grey = [
        [cv2.cvtColor(one, cv2.COLOR_RGB2GRAY).astype(float) for one in each]
        for each in (pictures, others)
    ]
    return [float(np.sqrt(np.square(a - b).mean())) for a, b in zip(*grey, strict=True)]


def compared(
    pictures: list[Picture], ladder: NDArray[np.float64], kind: Kind
) -> Iterator[tuple[str, float, float]]:
    """Setting, what files say, and what H.264 has; those on the ladder for most pictures."""
    with TemporaryDirectory() as name:
        for setting in kind.settings:
            again = [saved(picture, kind, setting, Path(name)) for picture in pictures]
            equal = [
                np.interp(at, steps, LADDER, left=np.nan, right=np.nan)
                for at, steps in zip(
                    errors(pictures, [one for one, _ in again]), ladder.T, strict=True
                )
            ]
            if np.isfinite(equal).mean() > 0.8:
                said = float(np.mean([said for _, said in again]))
                yield setting, said, float(np.nanmedian(equal))


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--portraits", type=int, default=60)
    options = parser.parse_args()
    register_heif_opener()
    people = split(read_portraits(options.data), "train")
    large = [one for one in people if min(one.picture().shape[:2]) >= SMALLEST]
    pictures = [middle(one) for one in large[:: max(1, len(large) // options.portraits)]]
    pictures = pictures[: options.portraits]
    print(f"{len(pictures)} portraits: what files say, H.264 of the same error, and the difference")
    ladder = np.array([errors(pictures, h264(pictures, at)) for at in LADDER])
    for name, kind in kinds().items():
        rows = list(compared(pictures, ladder, kind))
        for setting, said, equal in rows:
            print(f"{name:22} {setting:>5}: {said:5.1f} {equal:5.1f} {said - equal:5.1f}")
        said, equal = np.array([row[1:] for row in sorted(rows, key=lambda row: row[2])]).T
        print(f"{name:22} at {FLOOR:g}: {np.interp(FLOOR, equal, said) - FLOOR:.1f}", flush=True)


if __name__ == "__main__":
    main()
