"""A folder of faces as ``unmask train --data`` takes it, made from one photograph."""

from __future__ import annotations

import csv
import io
import tarfile
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.data import astronaut

from unmask.clips import align

Picture = NDArray[np.uint8]
# Eyes, nose and corners of the mouth in scikit-image's astronaut.
LANDMARKS = np.array(
    [[208.5, 100.2], [246.5, 102.4], [229.0, 125.0], [208.9, 142.1], [241.8, 143.6]], np.float32
)
SIDE, MARGIN = 144, 1.7


@cache
def person(number: int) -> tuple[Picture, NDArray[np.float32]]:
    """Somebody of their own: another width, turn, light and colour. Canvas and landmarks."""
    rng = np.random.default_rng([91, number])
    warp = np.array([[rng.uniform(0.85, 1.15), rng.normal(0, 0.06), 0], [0, 1, 0]], np.float64)
    photograph = cv2.warpAffine(astronaut(), warp, (600, 512), borderMode=cv2.BORDER_REFLECT_101)
    points = (LANDMARKS @ warp[:, :2].T + warp[:, 2]).astype(np.float32)
    crop = align(np.asarray(photograph, np.uint8), points, size=SIDE, margin=MARGIN)
    gain = rng.uniform(0.7, 1.2, 3)
    picture = np.clip(crop.image * gain + rng.normal(0, 2, crop.image.shape), 0, 255)
    placed = points @ crop.matrix[:, :2].T + crop.matrix[:, 2]
    return picture.astype(np.uint8), placed.astype(np.float32)


def plant_faces(root: Path, *, train: int = 6, val: int = 3) -> Path:
    """``root/faces``: a CSV and one tar."""
    folder = root / "faces"
    folder.mkdir(parents=True)
    columns = [f"{axis}{point}" for point in range(5) for axis in "xy"]
    rows = []
    with tarfile.open(folder / "faces-0.tar", "w") as tar:
        for number in range(train + val):
            picture, points = person(number)
            data = cv2.imencode(".png", picture[:, :, ::-1])[1].tobytes()
            member = tarfile.TarInfo(f"{number:05d}.png")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
            row = {
                "file": member.name,
                "split": "train" if number < train else "val",
                "person": f"p{number}",
                "source": "skimage@1:astronaut",
                "licence": "public domain",
            }
            rows.append(row | dict(zip(columns, points.reshape(-1).tolist(), strict=True)))
    with (folder / "faces.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return root


def plant_film(path: Path, number: int, *, red: int = 0) -> None:
    """A second and a half of somebody who moves a little; ``red`` tints it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = person(number)[0].astype(int)
    picture[..., 0] += red
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width = stream.height = SIDE
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "12"}
        for at in range(16):
            moved = np.roll(np.clip(picture, 0, 255).astype(np.uint8), at % 3, axis=1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(moved, format="rgb24")))
        container.mux(stream.encode(None))


def plant_clips(root: Path, people: int) -> Path:
    """``root/clips`` and ``root/clips.csv``; nobody states where the last one comes from."""
    lines = ["file,source,licence,note"]
    for number in range(people):
        plant_film(root / "clips" / f"{number}.mp4", number)
        licence = "origin unstated" if number == people - 1 else "public domain"
        lines.append(f"{number}.mp4,skimage@1:astronaut,{licence},made")
    (root / "clips.csv").write_text("\n".join(lines) + "\n")
    return root
