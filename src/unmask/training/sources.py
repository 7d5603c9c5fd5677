"""From the folders given as ``--data`` to the two sides of the split."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from unmask.core.errors import DataError
from unmask.training.films import Film, split_films
from unmask.training.labelled import LabelledClips
from unmask.training.material import Portrait, read_portraits, split
from unmask.training.recipe import DetectorRecipe, RendererRecipe
from unmask.training.run import Run
from unmask.training.shards import Labelled, hold_out, read_shards
from unmask.training.side import Side
from unmask.training.store import films, with_renditions

log = logging.getLogger(__name__)


def read_sides(
    data: Sequence[Path], recipe: DetectorRecipe, renderers: Sequence[RendererRecipe], run: Run
) -> tuple[Side, Side]:
    """What to fit on, and what is held out.

    Each folder may hold ``faces/faces.csv`` with its tars, ``clips.csv`` with ``clips/``, and
    shards of ``unmask data prepare``. :class:`DataError` for one that holds none of them.
    """
    clips = [clip for root in data for clip in _shards(root, recipe)]
    fitted, held = hold_out(clips)
    faces = with_renditions(_portraits(data, fitted, held), renderers, run)
    real = [film for root in _with_clips(data) for film in _films(root, data, recipe, run)]
    train_films, held_films = split_films(real)
    sides = (
        Side.of(
            "fit",
            [face for face in faces if face.split == "train"],
            train_films + _real(fitted),
            LabelledClips(fitted),
        ),
        Side.of(
            "validate",
            [face for face in faces if face.split == "val"],
            held_films + _real(held),
            LabelledClips(held),
        ),
    )
    for name, side in zip(("fitted on", "held out"), sides, strict=True):
        log.info("%s: %s", name, ", ".join(f"{n} {what}" for what, n in side.counts().items()))
    return sides


def read_people(data: Sequence[Path]) -> list[Portrait]:
    """The portraits to fit a renderer alone on: of the split ``train``."""
    return split([face for root in data for face in read_portraits(root)], "train")


def _portraits(
    data: Sequence[Path], fitted: Sequence[Labelled], held: Sequence[Labelled]
) -> list[Portrait]:
    """Portraits as given, then one frame of every real clip of the shards."""
    given = [face for root in data if _has_faces(root) for face in read_portraits(root)]
    if given:
        split(given, "train"), split(given, "val")  # nobody may be in both
    stills = [
        replace(frames[len(frames) // 2], split=name)
        for name, clips in (("train", fitted), ("val", held))
        for frames in (film.frames for film in _real(clips))
    ]
    return given + stills


def _real(clips: Sequence[Labelled]) -> list[Film]:
    return [clip.film for clip in clips if clip.label == 0]


def _shards(root: Path, recipe: DetectorRecipe) -> list[Labelled]:
    if any(root.glob("*.tar")):
        return read_shards(root, margin=recipe.frame.margin)
    if not (_has_faces(root) or (root / "clips.csv").exists()):
        raise DataError(
            f"{root} holds neither faces/faces.csv nor clips.csv nor shards",
            hint="docs/training.md says how data is laid out; 'unmask data prepare' makes shards",
        )
    return []


def _has_faces(root: Path) -> bool:
    return (root / "faces" / "faces.csv").exists()


def _with_clips(data: Sequence[Path]) -> list[Path]:
    return [root for root in data if (root / "clips.csv").exists()]


def _films(root: Path, data: Sequence[Path], recipe: DetectorRecipe, run: Run) -> list[Film]:
    place = _with_clips(data).index(root)
    kept = run.work / (f"films-{place}.npz" if place else "films.npz")
    return films(root, recipe, kept, run)
