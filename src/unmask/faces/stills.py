"""Whether a face that was seen several times moved, or is one photograph that was filmed.

Twenty frames of a person are twenty looks at them; twenty frames of a photograph, however it is
panned and enlarged, are one look twenty times over. What a calibration for films makes of it
claims too much. A photograph that moves as a whole can be brought over itself; of a living face
some part cannot: a lid, a lip, a shadow, the side that is turned away.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 84  # pixels of a miniature
_EDGE = 10  # pixels around it that are not compared: what was moved in there was not seen
_TILES = 4  # along a side
_FEW = 1  # tiles that may differ for another reason, such as a gloss
_NOISE = 4.0  # variance, grey levels squared, that codecs and sensors make of an even place
_MARGIN = np.ones((5, 5), np.uint8)  # about what lies outside the picture
_MOVED = 0.6  # below it no further frame need be looked at
_ENOUGH = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
Image = NDArray[np.uint8]


def miniature(crop: Image) -> Image:
    """What is kept of an aligned crop, S×S×3, to compare it by: its luma, 84×84."""
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(luma, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.uint8)


def sameness(miniatures: Sequence[Image]) -> float:
    """How alike the least alike is to the first, −1 to 1; 0 of fewer than two.

    About 1 for one photograph. Looked at are all of them, the last one first, until one has surely
    moved.
    """
    least = 1.0 if len(miniatures) > 1 else 0.0
    for other in reversed(miniatures[1:]):
        least = min(least, _alike(miniatures[0], other))
        if least < _MOVED:
            break
    return least


def _alike(one: Image, other: Image) -> float:
    """How alike the second least alike of 4×4 tiles is, one brought over the other.

    1 less what they differ by against what they vary by. Brought over by an affine map:
    Evangelidis and Psarakis, "Parametric image alignment using enhanced correlation coefficient
    maximization", PAMI 2008. What lies outside the picture is black, and not compared.
    """
    shown = _shown(other)
    start = np.eye(2, 3, dtype=np.float32)
    try:
        found = cv2.findTransformECC(one, other, start, cv2.MOTION_AFFINE, _ENOUGH, shown, 5)
    except cv2.error:  # nothing of one can be found in the other, or there is nothing to be seen
        return 0.0
    matrix = np.asarray(found[1], np.float32)
    there = _over(shown, matrix) & _shown(one)
    whole = _tiles(there).min(axis=1) > 0
    if whole.sum() < _TILES**2 / 2:
        return 0.0
    pair = (_tiles(one), _tiles(_over(other, matrix)))
    a, b = (each - each.mean(axis=1, keepdims=True) for each in pair)
    power = (a**2).mean(axis=1) + (b**2).mean(axis=1) + 2 * _NOISE
    alike = 1 - ((a - b) ** 2).mean(axis=1) / power
    return float(np.sort(alike[whole])[_FEW])


def _shown(picture: Image) -> Image:
    """255 where it shows something, 0 outside the picture."""
    return np.asarray(cv2.erode(cv2.inRange(picture, 1, 255), _MARGIN), np.uint8)


def _over(picture: Image, matrix: NDArray[np.float32]) -> Image:
    """The picture, brought to where the map says."""
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, matrix, (_SIDE, _SIDE), flags=how), np.uint8)


def _tiles(miniature: Image) -> NDArray[np.float64]:
    """The tiles of its middle, a row each."""
    inner = miniature[_EDGE : _SIDE - _EDGE, _EDGE : _SIDE - _EDGE].astype(np.float64)
    side = inner.shape[0] // _TILES
    return inner.reshape(_TILES, side, _TILES, side).swapaxes(1, 2).reshape(_TILES**2, side**2)
