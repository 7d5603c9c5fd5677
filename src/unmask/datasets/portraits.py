"""Real faces for a preview: out of plain pictures, or out of the real samples of an index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from unmask.clips import crop_matrix
from unmask.core.errors import DataError, UnmaskError
from unmask.datasets.index import Index, read_index
from unmask.datasets.prepare import Clip, PrepareOptions, cut_sample
from unmask.datasets.sample import REAL, Sample
from unmask.datasets.tree import PICTURES, Tree
from unmask.faces import FaceDetector
from unmask.synthesis import Face

_TRIED = 6  # samples looked at for each face wanted
_FRAMES = 6  # of a video


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """One face: a single picture, or a few frames of a video in order."""

    name: str
    faces: tuple[Face, ...]


def find_portraits(source: Path, count: int, seed: int) -> list[Portrait]:
    """``count`` faces of a folder of pictures, or of an index, drawn by ``seed``.

    Fewer where there are fewer. :class:`DataError` if there are not two of them, as a swap needs
    a donor; what cannot be read is passed over.
    """
    index = _index(source)
    rng = np.random.default_rng(seed)
    order = [index.samples[at] for at in rng.permutation(len(index))]
    options = PrepareOptions(max_frames=_FRAMES, clips=1)
    detector = FaceDetector(min_face=options.min_face)
    found: list[Portrait] = []
    for sample in order[: count * _TRIED]:
        try:
            clips = cut_sample(index.root, sample, options, detector)
        except UnmaskError:
            continue  # a preview shows what can be shown; unmask data check lists the others
        if clips:
            found.append(Portrait(sample.path, _faces(clips[0])))
        if len(found) == count:
            break
    if len(found) < 2:
        raise DataError(
            f"{len(found)} faces were found in {source}, and a preview needs two",
            hint="give a folder with pictures of faces of 40 pixels and more",
        )
    return found


def _index(source: Path) -> Index:
    if source.is_file():
        index = read_index(source)
        real = tuple(sample for sample in index if sample.label == REAL)
        return Index(index.root, index.layout, real)
    if not source.is_dir():
        raise DataError(f"{source} is not there", hint="give a folder of pictures, or an index")
    paths = Tree(source).files("", PICTURES)
    if not paths:
        raise DataError(
            f"{source} holds no pictures (JPEG, PNG, WebP, BMP or TIFF)",
            hint="of films, give an index: unmask data index DIR --out index.parquet",
        )
    return Index(source, "pictures", tuple(Sample(path, REAL, kind="image") for path in paths))


def _faces(clip: Clip) -> tuple[Face, ...]:
    faces = []
    for data, points in zip(clip.crops, clip.about["landmarks"], strict=True):
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        unit = crop_matrix(np.array(points, np.float32), size=1, margin=1.0)
        frame = np.asarray(cv2.invertAffineTransform(unit), dtype=np.float64)
        pixels = np.ascontiguousarray(np.asarray(picture, dtype=np.uint8)[:, :, ::-1])
        faces.append(Face(pixels, frame))
    return tuple(faces)
