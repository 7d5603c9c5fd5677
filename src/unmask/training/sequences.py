"""Clips for the temporal stage: real ones, and manipulated copies, as aligned crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.synthesis import (
    KINDS,
    ClipKind,
    Degradation,
    Kind,
    Matrix,
    draw_degradation,
    drift,
    forge_clip,
)
from unmask.training.cutting import cut_mirrored
from unmask.training.material import Portrait, box_side, decode, unit_frame
from unmask.training.recipe import DetectorRecipe
from unmask.training.side import Side

_FILM_KINDS: dict[ClipKind, float] = {
    "framewise": 0.3,
    "steady": 0.25,
    "animated-still": 0.25,
    "mouth-out-of-step": 0.2,
}
_STILL_KINDS: dict[ClipKind, float] = {"framewise": 0.3, "steady": 0.35, "animated-still": 0.35}
SEEN_IN_FRAMES = ("framewise", "steady", "labelled")  # the others show in motion alone
_SHAKE = 0.006  # of the face box: what the detector's landmarks wander from frame to frame
Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class CropClip:
    """Aligned crops of one clip, T×S×S×3 uint8, its label (1 manipulated), kind and origin."""

    crops: NDArray[np.uint8]
    label: int
    kind: str
    origin: str


def draw_sequences(side: Side, recipe: DetectorRecipe, rng: Generator) -> tuple[CropClip, CropClip]:
    """A real clip and a manipulated one, degraded alike: a data set's own, or made by us.

    Of those made by us half are films; the rest are portraits filmed by a hand-held camera, for
    films are few.
    """
    if side.labelled and rng.random() < recipe.clip.labelled_share:
        return _labelled(side, recipe, rng)
    count = recipe.clip.frames
    films = [film for film in side.films if len(film.frames) >= count]
    filmed = bool(films) and rng.random() < 0.5
    if filmed:
        film = films[int(rng.integers(len(films)))]
        chosen = film.frames[:count]
        faces = [portrait.face(renditions=False) for portrait in chosen]
        weights = _FILM_KINDS
    else:
        base = side.portraits[int(rng.integers(len(side.portraits)))]
        chosen = (base,) * count
        faces = [base.face(renditions=True)] * count
        weights = _STILL_KINDS
    donor = side.portraits[int(rng.integers(len(side.portraits)))].face(renditions=True)
    kind = _draw(weights, rng)
    frame_kind: Kind = KINDS[int(rng.integers(len(KINDS)))]
    fake = forge_clip(kind, faces, donor, frame_kind, rng)
    real = [face.picture for face in faces]
    if not filmed:
        real, fake = _filmed_alike(real, fake, faces[0].frame, rng)
    finish = _Finish.draw(chosen, recipe, rng)
    name = f"{kind} {frame_kind}" if kind in SEEN_IN_FRAMES else kind
    return (
        CropClip(finish.crops(real, chosen), 0, "real", chosen[0].origin),
        CropClip(finish.crops(fake, chosen), 1, name, chosen[0].origin),
    )


def _labelled(side: Side, recipe: DetectorRecipe, rng: Generator) -> tuple[CropClip, CropClip]:
    """Clips shorter than the recipe's are repeated to its length."""
    count = recipe.clip.frames
    films = side.labelled.draw(rng, frames=count)
    finish = _Finish.draw((films[0].frames * count)[:count], recipe, rng)
    made = []
    for label, film in enumerate(films):
        start = int(rng.integers(max(1, len(film.frames) - count + 1)))
        chosen = (film.frames[start:] * count)[:count]
        crops = finish.crops([decode(frame.data) for frame in chosen], chosen)
        made.append(CropClip(crops, label, "labelled" if label else "real", chosen[0].origin))
    return made[0], made[1]


def _filmed_alike(
    real: list[Picture], fake: list[Picture], frame: Matrix, rng: Generator
) -> tuple[list[Picture], list[Picture]]:
    """Both through the same movement of a camera."""
    camera = int(rng.integers(2**31))
    moved = [drift(clip, frame, np.random.default_rng(camera)) for clip in (real, fake)]
    return moved[0], moved[1]


@dataclass(frozen=True, slots=True, eq=False)
class _Finish:
    """What is done alike to both clips: degradation, wandering landmarks (T×5×2), mirroring."""

    recipe: DetectorRecipe
    degradation: Degradation
    flip: bool
    shake: NDArray[np.float32]

    @classmethod
    def draw(cls, frames: Sequence[Portrait], recipe: DetectorRecipe, rng: Generator) -> _Finish:
        degradation, flip = draw_degradation(rng), bool(rng.random() < 0.5)
        width = _SHAKE * box_side(unit_frame(frames[0].landmarks))
        shake = rng.normal(0, width, (len(frames), 5, 2)).astype(np.float32)
        return cls(recipe, degradation, flip, shake)

    def crops(self, pictures: list[Picture], frames: Sequence[Portrait]) -> NDArray[np.uint8]:
        """T×S×S×3."""
        stage = self.recipe.frame
        made = []
        degraded = self.degradation.apply_clip(pictures)
        for picture, frame, shake in zip(degraded, frames, self.shake, strict=True):
            points = frame.landmarks + shake
            crop = cut_mirrored(picture, points, size=stage.size, margin=stage.margin)
            made.append(crop[:, ::-1] if self.flip else crop)
        return np.stack(made)


def _draw(weights: dict[ClipKind, float], rng: Generator) -> ClipKind:
    kinds = list(weights)
    return kinds[int(rng.choice(len(kinds), p=np.array(list(weights.values()))))]
