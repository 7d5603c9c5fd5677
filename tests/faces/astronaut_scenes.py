"""Pictures made from scikit-image's astronaut by exact arithmetic, for the golden detections.

    python tests/faces/astronaut_scenes.py PICTURES/

writes them as PNG, which ``benchmarks/baselines/mtcnn_reference.py PICTURES/
tests/faces/reference.json`` turns into the reference's detections.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.data import astronaut

Image = NDArray[np.uint8]


def shrunk(image: Image, factor: int) -> Image:
    """Means of ``factor`` × ``factor`` pixels."""
    height, width = (side // factor * factor for side in image.shape[:2])
    blocks = image[:height, :width].reshape(height // factor, factor, width // factor, factor, 3)
    return np.round(blocks.mean(axis=(1, 3))).astype(np.uint8)


def crowd(image: Image) -> Image:
    """Forty faces of four sizes, half of them mirrored, on a grey ground."""
    picture = np.full((600, 900, 3), 110, np.uint8)
    for number in range(40):
        face = shrunk(image[20:230, 110:330], 2 + number % 4)
        face = face[:, ::-1] if number % 2 else face
        top, left = number // 8 * 118, number % 8 * 112
        picture[top : top + face.shape[0], left : left + face.shape[1]] = face
    return picture


def scenes() -> dict[str, Image]:
    """Name → picture."""
    whole: Image = astronaut()
    return {
        "whole.png": whole,
        "half.png": shrunk(whole, 2),
        "third.png": shrunk(whole, 3),
        "double.png": whole.repeat(2, axis=0).repeat(2, axis=1),
        "mirrored.png": whole[:, ::-1],
        "dark.png": whole // 4,
        "cut-left.png": whole[:, 215:],
        "cut-below.png": whole[:150],
        "odd.png": whole[11:302, 7:404],
        "crowd.png": crowd(whole),
        "faceless.png": whole[260:],
    }


def main() -> None:
    """Write the PNGs."""
    from PIL import Image as Pillow

    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in scenes().items():
        Pillow.fromarray(np.ascontiguousarray(picture)).save(folder / name)


if __name__ == "__main__":
    main()
