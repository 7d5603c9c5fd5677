"""What a fit keeps between its stages, so that a restart repeats nothing that was finished."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask.training.films import Film, read_films
from unmask.training.material import Portrait, decode, describe_look, read_portraits, split
from unmask.training.recipe import DetectorRecipe, RendererRecipe, read_recipe
from unmask.training.renderer import draw_all, fit_renderer

log = logging.getLogger(__name__)


def portraits_with_renditions(data: Path, renderers: Sequence[Path], work: Path) -> list[Portrait]:
    """All portraits, each with what every renderer makes of it; renderers are fitted once."""
    portraits = read_portraits(data)
    train = split(portraits, "train")
    drawn = [_drawn(path, train, portraits, work) for path in renderers]
    return [
        replace(portrait, renditions=tuple(pictures[index] for pictures in drawn))
        for index, portrait in enumerate(portraits)
    ]


def _drawn(
    path: Path, train: Sequence[Portrait], portraits: Sequence[Portrait], work: Path
) -> NDArray[np.uint8]:
    recipe = read_recipe(path)
    assert isinstance(recipe, RendererRecipe), f"{path} is not a renderer's recipe"
    kept = work / f"{recipe.name}.npy"
    if not kept.exists():
        weights = work / f"{recipe.name}.safetensors"
        if not weights.exists():
            fit_renderer(recipe, train, weights)
        np.save(kept, draw_all(recipe, weights, portraits))
    pictures: NDArray[np.uint8] = np.load(kept, mmap_mode="r")
    return pictures


def films(data: Path, recipe: DetectorRecipe, work: Path, *, windows: int = 8) -> list[Film]:
    """Windows of the training clips, cut once and kept."""
    kept = work / "films.npz"
    if not kept.exists():
        found = read_films(
            data, frames=recipe.clip.frames, step_s=recipe.clip.step_s, windows=windows
        )
        _save(found, kept)
    return _load(kept)


def _save(found: Sequence[Film], path: Path) -> None:
    portraits = [portrait for film in found for portrait in film.frames]
    np.savez(
        path,
        names=np.array([film.name for film in found]),
        stated=np.array([film.stated for film in found]),
        lengths=np.array([len(film.frames) for film in found]),
        data=np.frombuffer(b"".join(p.data for p in portraits), np.uint8),
        sizes=np.array([len(p.data) for p in portraits]),
        landmarks=np.stack([p.landmarks for p in portraits]),
        licences=np.array([p.licence for p in portraits]),
        origins=np.array([p.origin for p in portraits]),
    )


def _load(path: Path) -> list[Film]:
    with np.load(path, allow_pickle=False) as kept:
        names, stated, lengths = kept["names"], kept["stated"], kept["lengths"]
        ends = np.cumsum(kept["sizes"])
        starts = ends - kept["sizes"]
        data, landmarks = kept["data"].tobytes(), kept["landmarks"]
        licences, origins = kept["licences"], kept["origins"]
    portraits = []
    for index, (begin, end) in enumerate(zip(starts, ends, strict=True)):
        picture = data[int(begin) : int(end)]
        points = landmarks[index]
        look = describe_look(decode(picture), points)
        portraits.append(
            Portrait(picture, points, "", "", str(licences[index]), str(origins[index]), look)
        )
    found, start = [], 0
    for name, known, length in zip(names, stated, lengths, strict=True):
        frames = tuple(
            replace(portrait, person=str(name)) for portrait in portraits[start : start + length]
        )
        found.append(Film(frames, str(name), bool(known)))
        start += int(length)
    return found
