"""Clips for the temporal stage: real ones, and manipulated copies, as aligned crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.clips import align
from unmask.synthesis import KINDS, ClipKind, Face, Kind, draw_degradation, drift, forge_clip
from unmask.training.films import Film
from unmask.training.material import Portrait
from unmask.training.recipe import DetectorRecipe

_FILM_KINDS: dict[ClipKind, float] = {
    "framewise": 0.3,
    "steady": 0.25,
    "animated-still": 0.25,
    "mouth-out-of-step": 0.2,
}
_STILL_KINDS: dict[ClipKind, float] = {"framewise": 0.3, "steady": 0.35, "animated-still": 0.35}


@dataclass(frozen=True, slots=True, eq=False)
class CropClip:
    """Aligned crops of one clip, T×S×S×3 uint8, its label (1 manipulated), kind and origin."""

    crops: NDArray[np.uint8]
    label: int
    kind: str
    origin: str


def draw_sequences(
    films: Sequence[Film], portraits: Sequence[Portrait], recipe: DetectorRecipe, rng: Generator
) -> tuple[CropClip, CropClip]:
    """A real clip and a manipulated copy of it, degraded alike.

    Half are films; the rest are portraits filmed by a hand-held camera, for there are few films.
    """
    count = recipe.clip.frames
    filmed = bool(films) and rng.random() < 0.5
    if filmed:
        film = films[int(rng.integers(len(films)))]
        chosen = film.frames[:count]
        faces = [portrait.face(renditions=False) for portrait in chosen]
        points = [portrait.landmarks for portrait in chosen]
        base, weights = chosen[0], _FILM_KINDS
    else:
        base = portraits[int(rng.integers(len(portraits)))]
        faces = [base.face(renditions=True)] * count
        points, weights = [base.landmarks] * count, _STILL_KINDS
    donor = portraits[int(rng.integers(len(portraits)))].face(renditions=True)
    kind = _draw(weights, rng)
    frame_kind: Kind = KINDS[int(rng.integers(len(KINDS)))]
    fake = forge_clip(kind, faces, donor, frame_kind, rng)
    real = [face.picture for face in faces]
    if not filmed:
        camera = int(rng.integers(2**31))
        real, fake = (
            drift(pictures, faces[0].frame, np.random.default_rng(camera))
            for pictures in (real, fake)
        )
    name = kind if kind in ("animated-still", "mouth-out-of-step") else f"{kind} {frame_kind}"
    return _finish(real, fake, points, faces, recipe, name, base.origin, rng)


def _finish(
    real: list[NDArray[np.uint8]],
    fake: list[NDArray[np.uint8]],
    points: Sequence[NDArray[np.float32]],
    faces: Sequence[Face],
    recipe: DetectorRecipe,
    kind: str,
    origin: str,
    rng: Generator,
) -> tuple[CropClip, CropClip]:
    degradation = draw_degradation(rng)
    flip = rng.random() < 0.5
    side = float(np.hypot(faces[0].frame[0, 0], faces[0].frame[1, 0]))
    shaken = [p + rng.normal(0, 0.006 * side, p.shape).astype(np.float32) for p in points]
    stage = recipe.frame
    made = []
    for pictures, label in ((real, 0), (fake, 1)):
        crops = []
        for picture, place in zip(degradation.apply_clip(pictures), shaken, strict=True):
            wide = cv2.copyMakeBorder(picture, 56, 56, 56, 56, cv2.BORDER_REFLECT_101)
            where = (place + 56).astype(np.float32)
            crop = align(np.asarray(wide, np.uint8), where, size=stage.size, margin=stage.margin)
            crops.append(crop.image[:, ::-1] if flip else crop.image)
        made.append(CropClip(np.stack(crops), label, kind if label else "real", origin))
    return made[0], made[1]


def _draw(weights: dict[ClipKind, float], rng: Generator) -> ClipKind:
    kinds = list(weights)
    return kinds[int(rng.choice(len(kinds), p=np.array(list(weights.values()))))]
