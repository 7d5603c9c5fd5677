"""Pairs of a real crop and a pseudo-fake of it, drawn on the fly and repeatably."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from unmask.clips import align
from unmask.synthesis import KINDS, Face, Forgery, Kind, draw_degradation, forge
from unmask.training.material import Portrait
from unmask.training.recipe import FrameStage

_BEYOND = 56
MASK_SIDE = 28  # masks travel small; cells of the evidence map are coarser still


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """``real`` and ``fake`` S×S×3 uint8, degraded alike; ``mask`` M×M uint8 (255 = replaced)."""

    real: NDArray[np.uint8]
    fake: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    kind: Kind


class PairSet(Dataset[tuple[Tensor, Tensor, int]]):
    """Item ``i`` depends on the seed and ``i`` alone, so a run resumes where it was cut off.

    Yields crops 2×S×S×3 uint8 (real first), the mask M×M uint8 and the index of the kind.
    """

    def __init__(
        self,
        portraits: Sequence[Portrait],
        frames: Sequence[Portrait],
        stage: FrameStage,
        *,
        seed: int,
        length: int,
        start: int = 0,
    ) -> None:
        self._portraits, self._frames, self._stage = portraits, frames, stage
        self._seed, self._length, self._start = seed, length, start

    def __len__(self) -> int:
        return self._length - self._start

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, int]:
        cv2.setNumThreads(0)
        pair = draw_pair(
            self._portraits,
            self._frames,
            self._stage,
            np.random.default_rng([self._seed, self._start + index]),
        )
        crops = torch.from_numpy(np.stack([pair.real, pair.fake]))
        return crops, torch.from_numpy(pair.mask), KINDS.index(pair.kind)


def draw_pair(
    portraits: Sequence[Portrait],
    frames: Sequence[Portrait],
    stage: FrameStage,
    rng: Generator,
    kind: Kind | None = None,
) -> Pair:
    """Draw one pair; ``kind`` None draws it by the stage's frequencies.

    Video frames have no renditions (renderers are fitted on portraits), so kinds that want one
    take their base from the portraits.
    """
    if kind is None:
        kinds = list(stage.kinds)
        weights = np.array([stage.kinds[name] for name in kinds])
        kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    renders = kind in ("render", "lip-sync", "swap")
    filmed = bool(frames) and not renders and rng.random() < stage.video_share
    pool = frames if filmed else portraits
    base = pool[int(rng.integers(len(pool)))]
    donor = _donor(base, portraits, rng)
    face = base.face(renditions=kind in ("render", "lip-sync"))
    made = forge(kind, face, donor.face(renditions=kind == "swap"), rng)
    return _finish(face, base.landmarks, made, stage, rng)


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
    """Degrade both alike, then cut both with the product's own code from shaken landmarks."""
    degradation = draw_degradation(rng)
    side = float(np.hypot(face.frame[0, 0], face.frame[1, 0]))
    points = landmarks + rng.normal(0, 0.015 * side, landmarks.shape).astype(np.float32)
    margin = stage.margin * float(np.exp(rng.normal(0, 0.06)))
    # Training pictures end near the face, files do not: mirror what is missing, most of the time.
    beyond = _BEYOND if rng.random() < 0.75 else 0

    def cut(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        wide = cv2.copyMakeBorder(picture, *(beyond,) * 4, cv2.BORDER_REFLECT_101)
        placed = (points + beyond).astype(np.float32)
        return align(np.asarray(wide, np.uint8), placed, size=stage.size, margin=margin).image

    mask = np.repeat((made.mask * 255).astype(np.uint8)[:, :, None], 3, axis=2)
    small = cv2.resize(cut(mask)[:, :, 0], (MASK_SIDE, MASK_SIDE), interpolation=cv2.INTER_AREA)
    pictures = [degradation.apply(picture) for picture in (face.picture, made.picture)]
    crops = [cut(picture) for picture in pictures]
    if rng.random() < 0.5:
        crops = [crop[:, ::-1] for crop in crops]
        small = small[:, ::-1]
    real, fake = (np.ascontiguousarray(crop) for crop in crops)
    return Pair(real, fake, np.ascontiguousarray(small, dtype=np.uint8), made.kind)
