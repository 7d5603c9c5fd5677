"""Clips for the temporal stage: real ones, and manipulated copies, as aligned crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch.utils.data import Dataset

from unmask.synthesis import (
    ClipKind,
    Degradation,
    Kind,
    Matrix,
    box_side,
    draw_degradation,
    drift,
    forge_clip,
    present_clip,
)
from unmask.training.cutting import cut_mirrored
from unmask.training.driving import DrivenClip
from unmask.training.material import Portrait, unit_frame
from unmask.training.recipe import DetectorRecipe
from unmask.training.side import Side

# Of which an insertion into a clip is made; what an animator draws is a clip of its own.
_FRAME_KINDS: tuple[Kind, ...] = ("self-blend", "swap", "render", "lip-sync", "resample")
_INSERTED = ("framewise", "steady", "jitter", "wander")
SEEN_IN_FRAMES = (*_INSERTED, "driven-still", "labelled")  # the others show in motion alone
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
    renderer = int(rng.integers(2**16))  # one throughout a clip
    films = [film for film in side.films if len(film.frames) >= count]
    filmed = bool(films) and rng.random() < 0.5
    if filmed:
        film = films[int(rng.integers(len(films)))]
        chosen = film.frames[:count]
        faces = [portrait.face(renderer) for portrait in chosen]
        weights = recipe.clip.film_kinds
    else:
        base = side.portraits[int(rng.integers(len(side.portraits)))]
        chosen = (base,) * count
        faces = [base.face(renderer)] * count
        weights = recipe.clip.still_kinds
    donor = side.portraits[int(rng.integers(len(side.portraits)))].face(renderer)
    driven = [clip for clip in side.driven if bool(clip.drive.real) == filmed]
    kind = _draw(weights, rng, animator=bool(driven))
    if kind == "driven-still":
        return _driven(driven[int(rng.integers(len(driven)))], recipe, rng)
    frame_kind = _FRAME_KINDS[int(rng.integers(len(_FRAME_KINDS)))]
    fake = forge_clip(kind, faces, donor, frame_kind, rng)
    real = [face.picture for face in faces]
    if not filmed:
        real, fake = _filmed_alike(real, fake, faces[0].frame, rng)
    finish = _Finish.draw(chosen, recipe, rng)
    name = f"{kind} {frame_kind}" if kind in _INSERTED else kind
    points = [portrait.landmarks for portrait in chosen]
    return (
        CropClip(finish.crops(real, points), 0, "real", chosen[0].origin),
        CropClip(finish.crops(fake, points), 1, name, chosen[0].origin),
    )


class DrawnClips(Dataset[tuple[CropClip, CropClip]]):
    """A real and a manipulated clip for each of ``numbers``: of the seed, ``salt`` and it alone."""

    def __init__(
        self, side: Side, recipe: DetectorRecipe, salt: int, numbers: Sequence[int]
    ) -> None:
        self._side, self._recipe, self._salt, self._numbers = side, recipe, salt, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: int) -> tuple[CropClip, CropClip]:
        cv2.setNumThreads(0)  # data workers are the parallelism
        seed = [self._recipe.seed, self._salt, self._numbers[index]]
        return draw_sequences(self._side, self._recipe, np.random.default_rng(seed))


def _driven(clip: DrivenClip, recipe: DetectorRecipe, rng: Generator) -> tuple[CropClip, CropClip]:
    """A film and its first frame driven along it, or a still and itself driven.

    What was driven is cut at the landmarks it was driven to, as a detector would find them.
    """
    still, count = clip.drive.still, recipe.clip.frames
    chosen = clip.drive.real or (still,) * count
    real = [portrait.picture() for portrait in chosen]
    fake = present_clip(clip.animations(), rng)
    if not clip.drive.real:
        real, fake = _filmed_alike(real, fake, unit_frame(still.landmarks), rng)
    finish = _Finish.draw(chosen, recipe, rng)
    crops = finish.crops(real, [portrait.landmarks for portrait in chosen])
    return (
        CropClip(crops, 0, "real", still.origin),
        CropClip(finish.crops(fake, clip.landmarks()), 1, "driven-still", still.origin),
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
        points = [frame.landmarks for frame in chosen]
        crops = finish.crops([frame.picture() for frame in chosen], points)
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
        degradation = draw_degradation(
            rng, strength=recipe.frame.degradation, recoded=recipe.clip.recoded_share
        )
        flip = bool(rng.random() < 0.5)
        width = _SHAKE * box_side(unit_frame(frames[0].landmarks))
        shake = rng.normal(0, width, (len(frames), 5, 2)).astype(np.float32)
        return cls(recipe, degradation, flip, shake)

    def crops(
        self, pictures: list[Picture], landmarks: Sequence[NDArray[np.float32]]
    ) -> NDArray[np.uint8]:
        """T×S×S×3, each picture cut at its landmarks 5×2."""
        stage = self.recipe.served
        made = []
        degraded = self.degradation.apply_clip(pictures)
        for picture, points, shake in zip(degraded, landmarks, self.shake, strict=True):
            crop = cut_mirrored(picture, points + shake, size=stage.size, margin=stage.margin)
            made.append(crop[:, ::-1] if self.flip else crop)
        return np.stack(made)


def _draw(weights: dict[ClipKind, float], rng: Generator, *, animator: bool) -> ClipKind:
    kinds = [kind for kind in weights if animator or kind != "driven-still"]
    shares = np.array([weights[kind] for kind in kinds])
    return kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
