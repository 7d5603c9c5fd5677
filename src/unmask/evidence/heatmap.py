"""Where on a face the evidence lies, drawn so that weak evidence looks weak."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.core.analysis import Face

Image = NDArray[np.uint8]

FULL = 4.0
"""Calibrated logit at which colour is full: a probability of 0.98."""

OUTLINED = 0.5
"""Share of full strength from which a region that speaks for manipulation is outlined."""

# Orange speaks for manipulation, blue against it: told apart with any colour vision (Okabe & Ito,
# "Color Universal Design", 2008), and by the outline without any.
FOR: tuple[int, int, int] = (230, 97, 1)
AGAINST: tuple[int, int, int] = (0, 114, 178)

_LEAST = 1e-6  # of a probability, so that its logit is finite
_OPAQUE = 0.6  # at full strength the face still shows through


def weighed(parts: NDArray[np.float32], probability: float) -> NDArray[np.float32]:
    """What each place gives, m×m, as strong as all of it comes to: the most is its logit.

    ``parts`` add up to more than a probability rests on: something stands out of every face, and
    only what exceeds the usual is evidence. So they say where it lies, and ``probability`` says
    how much it is. Where that is even or less nothing speaks for manipulation, and all is 0: that
    something stands out less than usual is no trace of anything, in no place.
    """
    come_to = math.log(max(probability, _LEAST) / max(1 - probability, _LEAST))
    most = float(parts.max())
    if come_to <= 0 or most <= 0:
        return np.zeros_like(parts)
    return np.asarray(parts * np.float32(come_to / most), dtype=np.float32)


def traces_of(face: Face) -> NDArray[np.float32] | None:
    """What lasts on a face through its frames, m×m as :func:`overlay` takes it.

    None where that is unknown, or where nothing usable was measured.
    """
    if face.traces is None or face.verdict.probability is None:
        return None
    return weighed(np.array(face.traces, dtype=np.float32), face.verdict.probability)


def overlay(crop: Image, evidence: NDArray[np.float32]) -> Image:
    """The crop in grey, coloured by its evidence: S×S×3 and m×m → S×S×3, uint8, RGB.

    ``evidence`` is :attr:`ScoredCrop.evidence` or :func:`traces_of`. The scale is the same for
    every picture: colour grows in proportion to the evidence up to :data:`FULL`, so that a face
    without evidence stays grey. Regions that speak for manipulation with more than half of that
    are outlined.
    """
    size = (crop.shape[1], crop.shape[0])
    strength = cv2.resize(evidence / np.float32(FULL), size, interpolation=cv2.INTER_CUBIC)
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[..., None]
    return tinted(np.asarray(grey, dtype=np.uint8), np.asarray(strength, dtype=np.float32))


def tinted(picture: Image, strength: NDArray[np.float32]) -> Image:
    """A picture, H×W×3 or H×W×1, coloured by ``strength`` H×W as :func:`overlay` does → H×W×3.

    ``strength`` is evidence as a share of full, cut at -1 and 1.
    """
    strength = np.clip(strength, -1.0, 1.0)
    alpha = _OPAQUE * np.abs(strength)[..., None]  # H×W×1
    colour = np.where(strength[..., None] > 0, np.array(FOR), np.array(AGAINST))
    mixed = picture.astype(np.float32) * (1 - alpha) + colour * alpha
    result = np.ascontiguousarray(np.rint(mixed), dtype=np.uint8)
    return _outlined(result, strength > OUTLINED)


def _outlined(picture: Image, region: NDArray[np.bool_]) -> Image:
    contours, _ = cv2.findContours(
        region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    width = max(1, picture.shape[0] // 160)
    # Dark under light: the line shows on bright and on dark skin.
    cv2.drawContours(picture, contours, -1, (40, 20, 0), width + 1, cv2.LINE_AA)
    cv2.drawContours(picture, contours, -1, (255, 240, 220), width, cv2.LINE_AA)
    return picture
