"""From the folders given as ``--data`` to the two sides of the split."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from unmask.core.errors import DataError
from unmask.runtime.package import file_sha256
from unmask.training.animator import fit_animator
from unmask.training.driving import DrivenClip, plan_drives
from unmask.training.films import Film, split_films
from unmask.training.labelled import LabelledClips
from unmask.training.material import Portrait, read_portraits, split
from unmask.training.recipe import AnimatorRecipe, DetectorRecipe, Drawer, RendererRecipe
from unmask.training.run import Run
from unmask.training.seals import contents, digest
from unmask.training.shards import Labelled, hold_out, read_shards
from unmask.training.side import Side
from unmask.training.store import (
    driven_clips,
    films,
    films_with_renditions,
    others,
    with_moves,
    with_renditions,
)

log = logging.getLogger(__name__)


def read_sides(
    data: Sequence[Path], recipe: DetectorRecipe, renderers: Sequence[Drawer], run: Run
) -> tuple[Side, Side]:
    """What to fit on, and what is held out.

    Each folder may hold ``faces/faces.csv`` with its tars, ``clips.csv`` with ``clips/``, and
    shards of ``unmask data prepare``. :class:`DataError` for one that holds none of them.
    """
    check_folders(data)
    clips = [
        clip
        for root in data
        if _has_shards(root)
        for clip in read_shards(root, margin=recipe.frame.margin)
    ]
    fitted, held = hold_out(clips)
    encoders = [one for one in renderers if isinstance(one, RendererRecipe)]
    faces = with_renditions(
        _portraits(data, recipe, fitted, held), encoders, data, recipe.loose, run
    )
    real = [film for root in _with_clips(data) for film in _films(root, data, recipe, run)]
    cut = split_films(
        films_with_renditions(real, encoders, recipe.loose, run) if encoders else real
    )
    films = {"train": cut[0] + _real(fitted), "val": cut[1] + _real(held)}
    driven: dict[str, list[DrivenClip]] = {"train": [], "val": []}
    for animator in renderers:
        if isinstance(animator, AnimatorRecipe):
            own = _animator_films(data, animator, run)
            faces, clips_driven = _animated(animator, faces, films, own, recipe, run)
            driven = {name: driven[name] + clips_driven[name] for name in driven}
    drawn = digest(file_sha256(run.work / f"{one.name}.safetensors") for one in renderers)
    train, held_out = (
        _side(
            purpose,
            [face for face in faces if face.split == name],
            films[name],
            labelled,
            driven[name],
            drawn,
        )
        for purpose, name, labelled in (("fit", "train", fitted), ("validate", "val", held))
    )
    sides = (train, held_out)
    for name, side in zip(("fitted on", "held out"), sides, strict=True):
        log.info("%s: %s", name, ", ".join(f"{n} {what}" for what, n in _told(side).items()))
    return sides


def _told(side: Side) -> dict[str, int]:
    """What there is of each, for people; what a data set labels alone would not be seen else."""
    if not side.labelled.clips:
        return side.counts()
    fakes = len(side.labelled.fakes()) if side.labelled else 0  # one class alone labels nothing
    return {**side.counts(), "labelled fakes": fakes}


def _side(
    purpose: str,
    faces: Sequence[Portrait],
    films: Sequence[Film],
    labelled: Sequence[Labelled],
    driven: Sequence[DrivenClip],
    drawn: str,
) -> Side:
    side = Side.of(purpose, faces, films, LabelledClips(labelled), driven)
    return replace(side, contents={**contents(faces, films, labelled), "drawings": drawn})


def read_people(data: Sequence[Path]) -> list[Portrait]:
    """The portraits to fit a renderer alone on: of the split ``train``."""
    return split([face for root in data for face in read_portraits(root)], "train")


def read_performers(
    data: Sequence[Path], recipe: AnimatorRecipe, run: Run
) -> tuple[list[Portrait], list[Film]]:
    """The portraits and films to fit an animator alone on."""
    return read_people(data), _animator_films(data, recipe, run)


def _animator_films(data: Sequence[Path], recipe: AnimatorRecipe, run: Run) -> list[Film]:
    """Of the side fitted on, and of stated origin: what it draws goes into the frame stage too."""
    found: list[Film] = []
    for root in _with_clips(data):
        found += films(root, recipe, others(root, recipe, _kept(root, data, run)), run)
    return [film for film in split_films(found)[0] if film.stated]


def _animated(
    animator: AnimatorRecipe,
    faces: Sequence[Portrait],
    films: Mapping[str, Sequence[Film]],
    own: Sequence[Film],
    recipe: DetectorRecipe,
    run: Run,
) -> tuple[list[Portrait], dict[str, list[DrivenClip]]]:
    """All faces moved once, and clips of some of them driven, by split; fitted first if need be."""
    weights = fit_animator(animator, [face for face in faces if face.split == "train"], own, run)
    stated = {name: [film for film in found if film.stated] for name, found in films.items()}
    moved = with_moves(faces, stated, animator, weights, recipe.loose, run)
    driven = {}
    for name, clips in (("train", animator.clips), ("val", -(-animator.clips // 3))):
        people = [face for face in faces if face.split == name]
        frames = recipe.clip.frames
        drives = plan_drives(people, films[name], frames, clips, animator.seed)
        driven[name] = driven_clips(name, drives, animator, weights, recipe.loose, run)
    return moved, driven


def _portraits(
    data: Sequence[Path],
    recipe: DetectorRecipe,
    fitted: Sequence[Labelled],
    held: Sequence[Labelled],
) -> list[Portrait]:
    """Portraits as given, then one frame of every real clip of the shards."""
    faces = [root for root in data if _has_faces(root)]
    given = [face for root in faces for face in read_portraits(root, recipe.loose)]
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


def check_folders(data: Sequence[Path]) -> None:
    """:class:`DataError` for a folder that holds nothing to fit on, and for clips alone.

    Fakes of single faces are made of portraits, and of those there are none then.
    """
    for root in data:
        if not (_has_shards(root) or _has_faces(root) or (root / "clips.csv").exists()):
            raise DataError(
                f"{root} holds neither faces/faces.csv nor clips.csv nor shards",
                hint="docs/training.md says how data is laid out; 'unmask data prepare' makes "
                "shards",
            )
    if not any(_has_shards(root) or _has_faces(root) for root in data):
        raise DataError(
            f"{data[0]} holds clips.csv and no pictures of faces, of which fakes are made",
            hint="add faces/faces.csv (docs/training.md), or label the clips and run 'unmask data "
            "prepare' on them",
        )


def _has_shards(root: Path) -> bool:
    return any(root.glob("*.tar"))


def _has_faces(root: Path) -> bool:
    return (root / "faces" / "faces.csv").exists()


def _with_clips(data: Sequence[Path]) -> list[Path]:
    return [root for root in data if (root / "clips.csv").exists()]


def _films(root: Path, data: Sequence[Path], recipe: DetectorRecipe, run: Run) -> list[Film]:
    return films(root, recipe.clip, _kept(root, data, run), run, recipe.loose)


def _kept(root: Path, data: Sequence[Path], run: Run) -> Path:
    place = _with_clips(data).index(root)
    return run.work / (f"films-{place}.npz" if place else "films.npz")
