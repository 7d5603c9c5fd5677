"""Real faces in motion: windows of clips, found and cut by the product's own code."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask.clips import align
from unmask.core.deadline import Deadline
from unmask.core.frames import Window, WindowPlan
from unmask.datasets.lists import read_records
from unmask.faces import FaceDetector
from unmask.runtime.package import file_sha256
from unmask.training.material import LOOSE, Portrait, describe_look, encode
from unmask.video import DamageCount, probe, read_windows

log = logging.getLogger(__name__)
_FACE = 172  # pixels a side at which face boxes are kept: about as large as pictures are given
_UNSTATED = "unstated"  # how the licence column marks clips whose origin nobody states


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """One real face over one window: ``frames`` with landmarks, in order of time."""

    frames: tuple[Portrait, ...]
    name: str
    stated: bool


def read_films(
    root: Path, *, frames: int, step_s: float, windows: int, loose: float = LOOSE
) -> list[Film]:
    """Windows of every clip that ``root/clips.csv`` lists, ``windows`` of each at most.

    Of a frame ``loose`` sides of the face box are kept.
    """
    rows = _listed(root)
    detector = FaceDetector(min_face=60)
    films = []
    for row in rows:
        found = list(
            _films_of(root / "clips" / row["file"], row, detector, frames, step_s, windows, loose)
        )
        log.info("%s: %d windows with a face throughout", row["file"], len(found))
        films += found
    return films


def digest_clips(root: Path) -> str:
    """Of the bytes of every clip that ``root/clips.csv`` lists, or of its absence."""
    paths = [root / "clips" / row["file"] for row in _listed(root)]
    found = [file_sha256(path) if path.is_file() else "absent" for path in paths]
    return hashlib.sha256(" ".join(found).encode()).hexdigest()


def _listed(root: Path) -> list[dict[str, str]]:
    return read_records(root / "clips.csv", ("file", "source", "licence"))


def _films_of(
    path: Path,
    row: dict[str, str],
    detector: FaceDetector,
    frames: int,
    step_s: float,
    windows: int,
    loose: float,
) -> Iterator[Film]:
    never = Deadline.after(None)
    info = probe(path, deadline=never)
    step = Fraction(step_s).limit_denominator(1000)
    duration = Fraction(info.duration_s or 1).limit_denominator(1000)
    count = max(1, min(windows, int(duration / (step * frames))))
    width = duration / count
    plans = [WindowPlan(width * i, width * (i + 1), frames, step) for i in range(count)]
    for window in read_windows(path, info, plans, deadline=never, damage=DamageCount()):
        portraits = _portraits(window, detector, row, loose)
        if len(portraits) >= frames // 2:
            yield Film(tuple(portraits), path.name, _UNSTATED not in row["licence"])


def _portraits(
    window: Window, detector: FaceDetector, row: dict[str, str], loose: float
) -> list[Portrait]:
    """The largest face of each frame; frames without one are left out."""
    portraits = []
    found = detector.detect([frame.image for frame in window.frames])
    for frame, faces in zip(window.frames, found, strict=True):
        if faces:
            largest = max(faces, key=lambda face: face.size)
            portraits.append(_portrait(frame.image, largest.landmarks, row, loose))
    return portraits


def _portrait(
    image: NDArray[np.uint8], landmarks: NDArray[np.float32], row: dict[str, str], loose: float
) -> Portrait:
    canvas = align(image, landmarks, size=round(_FACE * loose), margin=loose)
    points = (landmarks @ canvas.matrix[:, :2].T + canvas.matrix[:, 2]).astype(np.float32)
    return Portrait(
        data=encode(canvas.image),
        landmarks=points,
        person=row["file"],
        split="train",
        licence=row["licence"],
        origin=row["source"].split("@")[0],
        look=describe_look(canvas.image, points),
    )


def stills(films: Sequence[Film]) -> list[Portrait]:
    """Single frames for the frame stage, of clips whose origin is stated."""
    return [portrait for film in films if film.stated for portrait in film.frames]


def split_films(films: Sequence[Film]) -> tuple[list[Film], list[Film]]:
    """Training and validation films, by clip: of each source every fifth clip is held out.

    Where no source has enough clips for that, it is every fifth source.
    """
    held: set[str] = set()
    origins = sorted({film.frames[0].origin for film in films})
    for origin in origins:
        names = sorted({film.name for film in films if film.frames[0].origin == origin})
        held |= set(names[2::5])
    if not held and len(origins) > 1:
        chosen = origins[min(2, len(origins) // 2) :: 5]
        held = {film.name for film in films if film.frames[0].origin in chosen}
    return (
        [film for film in films if film.name not in held],
        [film for film in films if film.name in held],
    )
