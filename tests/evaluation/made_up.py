"""Files with scores that nobody had to score, and a small set of pictures that a toy can tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image
from skimage.data import astronaut

from unmask.datasets.sample import Sample
from unmask.evaluation.cases import Case
from unmask.evaluation.report import DataSet, Scorer
from unmask.evaluation.scores import ScoreRow

SCORER = Scorer(kind="scores", name="made-up", sha256="0" * 64)
DATA = DataSet(
    name="made-up.csv", sha256="0" * 64, layout="list", split="", files=0, grouped_by="", groups=0
)


class Run(Protocol):
    def __call__(self, *arguments: object) -> tuple[int, str, str]: ...


def case(
    label: int,
    score: float | None,
    *,
    name: str = "",
    verdict: str = "",
    error: str = "",
    frames: Sequence[float] = (),
    faces: Sequence[float] = (),
    clips: Sequence[float] = (),
    facts: dict[str, str] | None = None,
    **sample: object,
) -> Case:
    """One file; ``sample`` are fields of :class:`Sample`."""
    path = name or f"{label}-{score}-{len(frames)}.mp4"
    row = ScoreRow(
        path,
        score,
        verdict=verdict,
        error=error or ("" if score is not None else "no-face-found"),
        frames=tuple(frames),
        faces=tuple(faces),
        clips=tuple(clips),
        facts=facts or {},
    )
    return Case(Sample(path, label, **sample), row, str(sample.get("source") or path))


def separated(count: int = 30, seed: int = 0, gap: float = 1.0) -> list[Case]:
    """``count`` files of each class, calibrated scores, a little overlap, groups of two."""
    rng = np.random.default_rng(seed)
    found = []
    for at in range(count):
        for label in (0, 1):
            logit = rng.normal((2 * label - 1) * gap, 1)
            p = float(1 / (1 + np.exp(-2 * gap * logit)))
            found.append(
                case(
                    label,
                    p,
                    name=f"{label}/{at:03}.mp4",
                    source=f"{label}-{at // 2}",
                    method="swap" if at % 3 else "reenact",
                    frames=(p, p),
                    faces=(p,),
                    clips=(p,),
                )
            )
    return found


def face_set(folder: Path, count: int = 12) -> Path:
    """``real`` and ``fake``, the latter brighter, for the toy model; one file without a face."""
    portrait = astronaut()[:256, 96:352].astype(np.float32)
    rng = np.random.default_rng(5)
    for name, gain in (("real", 0.55), ("fake", 1.0)):
        (folder / name / "m").mkdir(parents=True)
        for at in range(count):
            shade = np.clip(portrait * (gain + rng.normal(0, 0.12)), 0, 255).astype(np.uint8)
            place = folder / name / ("m" if name == "fake" else "") / f"p{at:02}x.png"
            Image.fromarray(shade).save(place, compress_level=1)
        (folder / "real" / "m").rmdir() if name == "real" else None
    blank = np.full((200, 200, 3), 90, np.uint8)
    Image.fromarray(blank).save(folder / "real" / "blank.png")
    return folder
