"""Pairs of a real crop and a pseudo-fake of it, drawn on the fly and repeatably."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.synthesis import (
    Face,
    Forgery,
    Kind,
    box_side,
    draw_degradation,
    draw_overlay,
    draw_stranger,
    forge,
)
from unmask.training.cutting import Picture, draw_cut
from unmask.training.driving import animation
from unmask.training.labelled import LabelledClips
from unmask.training.material import Portrait, unit_frame
from unmask.training.stages import MASK_SIDE, FrameStage

_ANY = 2**16  # a number drawn below it chooses among renderers, however many there are


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """``real`` and ``fake`` S×S×3 uint8, degraded alike; ``mask`` M×M uint8 (255 = replaced).

    ``located`` is false where nobody knows what was replaced: a data set's fake, mask all 255.
    """

    real: NDArray[np.uint8]
    fake: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    located: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class CoveredPair:
    """``bare`` and ``covered`` 2×S×S×3 uint8, real first, both twice but for what lies over them.

    ``cover`` M×M uint8: 255 where nothing is seen of the face. Where it is 0 everywhere, both are
    the same.
    """

    bare: NDArray[np.uint8]
    covered: NDArray[np.uint8]
    cover: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Fading:
    """How much of a fake's difference from its original is left: all, or a random part.

    All of it in ``whole`` (0…1) of the fakes, else from ``least`` (above 0) to all, each power of
    ten as often as another.
    """

    least: float
    whole: float

    def draw(self, rng: Generator) -> float:
        """The part that is left."""
        if rng.random() < self.whole:
            return 1.0
        return float(np.exp(rng.uniform(np.log(self.least), 0)))


def draw_pair(
    portraits: Sequence[Portrait],
    frames: Sequence[Portrait],
    stage: FrameStage,
    rng: Generator,
    kind: Kind | None = None,
    fading: Fading | None = None,
) -> Pair:
    """Draw one pair; ``kind`` None draws it by the stage's frequencies.

    With ``fading`` the fake is drawn towards the real picture before anything happens to both.

    An animator has moved portraits only, so "animate" takes its base from them.
    """
    return _finish(*_forged(portraits, frames, stage, rng, kind, fading), stage, rng)


def draw_covered_pair(
    portraits: Sequence[Portrait],
    frames: Sequence[Portrait],
    stage: FrameStage,
    rng: Generator,
    *,
    fading: Fading,
    share: float,
) -> CoveredPair:
    """A pair as :func:`draw_pair` makes them and, in ``share`` of cases, what is laid over both."""
    face, landmarks, made = _forged(portraits, frames, stage, rng, None, fading)
    degradation = draw_degradation(rng, strength=stage.degradation, recoded=stage.recoded_share)
    cut = draw_cut(landmarks, box_side(face.frame), stage.size, stage.margin, rng)
    flipped = bool(rng.random() < 0.5)

    def finish(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return _maybe_flipped(cut(degradation.apply(picture)), flipped)

    pictures = (face.picture, made.picture)
    bare = np.stack([finish(picture) for picture in pictures])
    if rng.random() >= share:
        return CoveredPair(bare, bare, np.zeros((MASK_SIDE, MASK_SIDE), np.uint8))
    overlay = draw_overlay(face.picture, face.frame, rng)
    covered = np.stack([finish(overlay.over(picture)) for picture in pictures])
    small = _maybe_flipped(_small_mask(cut, overlay.cover), flipped)
    return CoveredPair(bare, covered, small)


def _forged(
    portraits: Sequence[Portrait],
    frames: Sequence[Portrait],
    stage: FrameStage,
    rng: Generator,
    kind: Kind | None,
    fading: Fading | None,
) -> tuple[Face, NDArray[np.float32], Forgery]:
    """A real face, its landmarks, and a fake of it."""
    if kind is None:
        kinds = list(stage.kinds)
        weights = np.array([stage.kinds[name] for name in kinds])
        kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    filmed = bool(frames) and kind != "animate" and rng.random() < stage.video_share
    pool = frames if filmed else portraits
    base = pool[int(rng.integers(len(pool)))]
    donor = _donor(base, portraits, rng)
    drawn = int(rng.integers(_ANY)) if kind in ("render", "lip-sync", "swap") else None
    # Half of what is rendered is compared with a real picture as soft as it.
    softened = kind in ("render", "lip-sync") and bool(rng.random() < 0.5)
    face = base.face(None if kind == "swap" else drawn, softened=softened)
    if kind != "animate" and rng.random() < stage.strangers:
        other = _donor(base, portraits, rng)
        face = draw_stranger(face, other.face(drawn if face.renditions else None), rng)
    if kind == "animate":
        face = replace(face, animations=tuple(animation(face.picture, m) for m in base.moved))
    made = forge(kind, face, donor.face(drawn if kind == "swap" else None), rng)
    if fading is not None:
        made = replace(made, picture=_faded(face.picture, made.picture, fading.draw(rng)))
    return face, base.landmarks, made


def draw_real(
    portraits: Sequence[Portrait], frames: Sequence[Portrait], stage: FrameStage, rng: Generator
) -> NDArray[np.uint8]:
    """A real crop alone, S×S×3, of a picture or frame as it came."""
    pool = frames if frames and rng.random() < stage.video_share else portraits
    base = pool[int(rng.integers(len(pool)))]
    side = box_side(unit_frame(base.landmarks))
    crop = draw_cut(base.landmarks, side, stage.size, stage.margin, rng)(base.picture())
    return np.ascontiguousarray(crop[:, ::-1] if rng.random() < 0.5 else crop)


def _faded(real: NDArray[np.uint8], fake: NDArray[np.uint8], part: float) -> NDArray[np.uint8]:
    return np.asarray(cv2.addWeighted(fake, part, real, 1 - part, 0), dtype=np.uint8)


def _donor(base: Portrait, portraits: Sequence[Portrait], rng: Generator) -> Portrait:
    """Of a few random portraits, the one nearest in tone and pose: swappers choose alike faces."""
    tried = [portraits[i] for i in rng.integers(0, len(portraits), int(rng.integers(2, 24)))]
    distances = [float(np.abs(portrait.look - base.look).sum()) for portrait in tried]
    nearest: Portrait = tried[distances.index(min(distances))]
    return nearest


def _finish(
    face: Face,
    landmarks: NDArray[np.float32],
    made: Forgery,
    stage: FrameStage,
    rng: Generator,
) -> Pair:
    """Degrade both alike, then cut both alike."""
    degradation = draw_degradation(rng, strength=stage.degradation, recoded=stage.recoded_share)
    cut = draw_cut(landmarks, box_side(face.frame), stage.size, stage.margin, rng)
    small = _small_mask(cut, made.mask)
    crops = [cut(degradation.apply(picture)) for picture in (face.picture, made.picture)]
    flipped = bool(rng.random() < 0.5)
    real, fake, small = (_maybe_flipped(each, flipped) for each in (*crops, small))
    return Pair(real, fake, small)


def _small_mask(cut: Callable[[Picture], Picture], mask: NDArray[np.float32]) -> Picture:
    """M×M: a mask in 0…1 of the picture, cut like it."""
    whole = np.repeat((mask * 255).astype(np.uint8)[:, :, None], 3, axis=2)
    small = cv2.resize(cut(whole)[:, :, 0], (MASK_SIDE, MASK_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _maybe_flipped(picture: Picture, flipped: bool) -> Picture:
    """Its mirror image, or itself."""
    return np.ascontiguousarray(picture[:, ::-1] if flipped else picture)


def draw_labelled_pair(clips: LabelledClips, stage: FrameStage, rng: Generator) -> Pair:
    """One frame of each class of a data set, degraded and cut alike."""
    degradation = draw_degradation(rng, strength=stage.degradation, recoded=stage.recoded_share)
    flip = bool(rng.random() < 0.5)
    seed = int(rng.integers(2**31))
    crops = []
    for film in clips.draw(rng):
        frame = film.frames[int(rng.integers(len(film.frames)))]
        side = box_side(unit_frame(frame.landmarks))
        alike = np.random.default_rng(seed)
        cut = draw_cut(frame.landmarks, side, stage.size, stage.margin, alike)
        crop = cut(degradation.apply(frame.picture()))
        crops.append(np.ascontiguousarray(crop[:, ::-1]) if flip else crop)
    whole = np.full((MASK_SIDE, MASK_SIDE), 255, np.uint8)
    return Pair(crops[0], crops[1], whole, located=False)
