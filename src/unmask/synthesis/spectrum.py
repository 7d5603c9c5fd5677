"""Sharpness made alike: what a network draws softer than a camera does is no proof of a network."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.synthesis.colour import to_bytes

Image = NDArray[np.uint8]
_RINGS = 24
_MOST = 4.0  # a ring is not changed by more than this factor
_KEPT = 2  # rings of lowest frequency, which hold shape and light


def match_spectrum(source: Image, target: Image) -> Image:
    """Give ``source`` as much energy in each ring of frequencies as ``target`` has (H×W×3 both).

    In luma, by its cosine transform, which unlike Fourier's does not take a picture's edges for
    detail. Marks that lie between frequencies, such as a decoder's grid, stay.
    """
    light = cv2.cvtColor(source, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    wanted = cv2.cvtColor(target, cv2.COLOR_RGB2YCrCb)[:, :, 0].astype(np.float32)
    found, aim = _cosines(light[:, :, 0]), _cosines(wanted)
    rings = _rings(*found.shape)
    gain = np.sqrt((_energy(aim, rings) + 1e-3) / (_energy(found, rings) + 1e-3))
    gain = np.clip(gain, 1 / _MOST, _MOST)
    gain[:_KEPT] = 1.0
    height, width = source.shape[:2]
    light[:, :, 0] = cv2.idct(found * gain.astype(np.float32)[rings])[:height, :width]
    return np.asarray(cv2.cvtColor(to_bytes(light), cv2.COLOR_YCrCb2RGB), dtype=np.uint8)


def _cosines(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """OpenCV's transform takes even sides only."""
    height, width = light.shape
    even = cv2.copyMakeBorder(light, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.dct(even), dtype=np.float32)


def _energy(cosines: NDArray[np.float32], rings: NDArray[np.intp]) -> NDArray[np.float64]:
    """Mean square of each ring."""
    power = np.bincount(rings.ravel(), (cosines**2).ravel(), _RINGS)
    return power / np.maximum(np.bincount(rings.ravel(), minlength=_RINGS), 1)


@lru_cache(maxsize=64)
def _rings(height: int, width: int) -> NDArray[np.intp]:
    rows = np.arange(height)[:, None] / height
    columns = np.arange(width)[None, :] / width
    place = np.hypot(rows, columns) * _RINGS
    return np.asarray(np.minimum(place, _RINGS - 1), dtype=np.intp)
