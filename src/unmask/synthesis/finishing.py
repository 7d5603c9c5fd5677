"""Strong filters that people and apps put over whole pictures, which are no manipulation of a face.

Local contrast and clarity, noise taken off and edges drawn anew, frames laid over their neighbours:
real and fake alike have traces then that neither camera nor codec leaves. Weaker ones of their like
are part of what happens to any file (:mod:`unmask.synthesis.degrade`).
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

from unmask.synthesis.colour import fade, sharpen, to_bytes
from unmask.synthesis.warps import Image

Finish = Callable[[Image], Image]


def draw_finish(side: float, rng: Generator) -> Finish:
    """One of them, for pictures H×W×3 in which a face is ``side`` pixels wide; the same for all."""
    kinds = list(_KINDS)
    chances = np.array([_KINDS[kind] for kind in kinds])
    return kinds[int(rng.choice(len(kinds), p=chances))](side, rng)


def _local_contrast(_side: float, rng: Generator) -> Finish:
    """As HDR filters have it: each part of the picture uses all of the tones.

    Zuiderveld, "Contrast Limited Adaptive Histogram Equalization", Graphics Gems IV, 1994.
    """
    limit, tiles = float(np.exp(rng.uniform(np.log(1.2), np.log(6)))), int(rng.integers(1, 7))
    part = float(rng.uniform(0.5, 1))
    vivid = float(rng.uniform(1, 1.5)) if rng.random() < 0.5 else 1.0

    def finish(picture: Image) -> Image:
        lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
        lab[..., 0] = cv2.createCLAHE(limit, (tiles, tiles)).apply(lab[..., 0])
        strong = np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)
        mixed = cv2.addWeighted(strong, part, picture, 1 - part, 0)
        return fade(np.asarray(mixed, np.uint8), vivid)

    return finish


def _clarity(side: float, rng: Generator) -> Finish:
    """A wide unsharp mask, which lifts wrinkles and leaves halos along outlines."""
    reach = side * float(np.exp(rng.uniform(np.log(0.02), np.log(0.2))))
    amount = float(rng.uniform(0.4, 1.5))
    return lambda picture: sharpen(picture, amount, reach)


def _crisp(_side: float, rng: Generator) -> Finish:
    """Sharpened more than phones do."""
    amount, reach = float(rng.uniform(1.0, 3.5)), float(rng.uniform(0.6, 2.5))
    return lambda picture: sharpen(picture, amount, reach)


def _waxy(_side: float, rng: Generator) -> Finish:
    """Noise and texture taken off, then edges sharpened: beauty modes, and what calls enhanced."""
    way = int(rng.integers(3))
    spread, strength = float(rng.uniform(15, 60)), float(rng.uniform(4, 12))
    times = int(rng.integers(1, 4))
    amount, reach = float(rng.uniform(0.0, 2.2)), float(rng.uniform(0.7, 2.0))

    def finish(picture: Image) -> Image:
        calm = picture
        if way == 0:
            calm = np.asarray(
                cv2.fastNlMeansDenoisingColored(picture, None, strength, strength, 3, 9), np.uint8
            )
        for _ in range(times if way else 0):
            calm = np.asarray(
                cv2.bilateralFilter(calm, 7, spread, 3.0) if way == 1 else cv2.medianBlur(calm, 3),
                np.uint8,
            )
        return sharpen(calm, amount, reach)

    return finish


def _ghosted(side: float, rng: Generator) -> Finish:
    """Shown with one to three frames beside it, in which the face has moved a little."""
    angle, pace = float(rng.uniform(0, 2 * np.pi)), side * float(rng.uniform(0.004, 0.05))
    turn, grown = float(rng.normal(0, 1.0)), float(np.exp(rng.normal(0, 0.01)))
    shares = rng.dirichlet(np.ones(int(rng.integers(2, 5))))

    def finish(picture: Image) -> Image:
        height, width = picture.shape[:2]
        seen = np.zeros(picture.shape, np.float32)
        for ago, share in enumerate(shares):
            moved = cv2.getRotationMatrix2D((width / 2, height / 2), ago * turn, grown**ago)
            moved[:, 2] += ago * pace * np.array([np.cos(angle), np.sin(angle)])
            ghost = cv2.warpAffine(picture, moved, (width, height), borderMode=cv2.BORDER_REPLICATE)
            seen += np.float32(share) * np.asarray(ghost, np.float32)
        return to_bytes(seen)

    return finish


_KINDS: dict[Callable[[float, Generator], Finish], float] = {
    _local_contrast: 0.3,
    _clarity: 0.15,
    _waxy: 0.25,
    _crisp: 0.15,
    _ghosted: 0.15,
}
