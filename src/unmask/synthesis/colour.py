"""Colour and sharpness changes, alike for both classes or for the inserted face alone."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def shift_colours(picture: Image, rng: Generator, strength: float) -> Image:
    """Random gain and offset per channel, gamma and saturation; ``strength`` 1 is plainly seen."""
    gamma = np.exp(rng.normal(0, 0.18 * strength))
    gain = np.exp(rng.normal(0, 0.07 * strength, 3) + rng.normal(0, 0.10 * strength))
    offset = rng.normal(0, 0.02 * strength, 3)
    levels = (np.arange(256) / 255.0)[:, None] ** gamma
    curves = to_bytes((((levels - 0.45) * gain + 0.45 + offset) * 255.0).astype(np.float32))
    x = cv2.LUT(picture, curves[:, None, :])
    return fade(np.asarray(x, np.uint8), float(np.exp(rng.normal(0, 0.2 * strength))))


def fade(picture: Image, saturation: float) -> Image:
    """``saturation`` times the colour there is: 0 leaves grey, 1 the picture as it was."""
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.addWeighted(picture, saturation, grey, 1 - saturation, 0), np.uint8)


def match_colours(source: Image, target: Image, mask: NDArray[np.float32]) -> Image:
    """Give ``source`` the mean and spread of ``target`` in Lab, both measured under the mask.

    Reinhard et al., "Color Transfer between Images", 2001.
    """
    weight = (mask > 0.3).astype(np.uint8)
    if int(weight.sum()) < 64:
        return source
    lab_source = cv2.cvtColor(source, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab_target = cv2.cvtColor(target, cv2.COLOR_RGB2LAB)
    mean_s, std_s = cv2.meanStdDev(cv2.cvtColor(source, cv2.COLOR_RGB2LAB), mask=weight)
    mean_t, std_t = cv2.meanStdDev(lab_target, mask=weight)
    gain = np.clip(std_t / np.maximum(std_s, 1.0), 0.5, 2.0)
    moved = (lab_source - mean_s.ravel()) * gain.ravel() + mean_t.ravel()
    lab = np.clip(moved, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), dtype=np.uint8)


def sharpen(picture: Image, amount: float, sigma: float = 1.0) -> Image:
    """Unsharp mask, as phones apply it."""
    soft = cv2.GaussianBlur(picture, (0, 0), sigma)
    return np.asarray(cv2.addWeighted(picture, 1 + amount, soft, -amount, 0), dtype=np.uint8)


def to_bytes(values: NDArray[np.float32]) -> Image:
    """Round and clip to 0…255."""
    return np.asarray(np.clip(values + 0.5, 0, 255), dtype=np.uint8)


def blend(target: Image, source: Image, mask: NDArray[np.float32]) -> Image:
    """``source`` where the mask is 1, ``target`` where it is 0."""
    m = mask[:, :, None]
    return to_bytes(target.astype(np.float32) * (1 - m) + source.astype(np.float32) * m)
