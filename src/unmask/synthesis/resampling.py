"""Marks of a generator's limited resolution, and of filters that are no manipulation at all."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.synthesis.colour import sharpen, to_bytes

Image = NDArray[np.uint8]
_DOWN = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)
_UP = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


def resample(picture: Image, scale: float, rng: Generator) -> Image:
    """Down by ``scale`` and up again, with random filters."""
    height, width = picture.shape[:2]
    small = (max(8, round(width * scale)), max(8, round(height * scale)))
    down = cv2.resize(picture, small, interpolation=int(rng.choice(_DOWN)))
    up = cv2.resize(down, (width, height), interpolation=int(rng.choice(_UP)))
    return np.asarray(up, dtype=np.uint8)


def checkerboard(picture: Image, rng: Generator, period: int) -> Image:
    """The faint grid that transposed convolutions leave, modulated by local brightness."""
    height, width = picture.shape[:2]
    phase = rng.uniform(0, 2 * np.pi, 2)
    rows = np.cos(2 * np.pi * np.arange(height) / period + phase[0])[:, None]
    columns = np.cos(2 * np.pi * np.arange(width) / period + phase[1])[None, :]
    pattern = (rows * columns if rng.random() < 0.5 else (rows + columns) / 2).astype(np.float32)
    gain = 1 + pattern[:, :, None] * np.float32(rng.uniform(0.01, 0.04))
    return to_bytes(picture.astype(np.float32) * gain)


def smooth(picture: Image, rng: Generator) -> Image:
    """A denoiser or beauty filter: edges stay, skin loses its texture."""
    choice = int(rng.integers(3))
    if choice == 0:
        spread = float(rng.uniform(12, 45))
        return np.asarray(cv2.bilateralFilter(picture, 5, spread, 3.0), dtype=np.uint8)
    if choice == 1:
        return np.asarray(cv2.medianBlur(picture, int(rng.choice([3, 5]))), dtype=np.uint8)
    soft = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.8, 2.0)))
    return sharpen(np.asarray(soft, dtype=np.uint8), float(rng.uniform(0.3, 1.2)), 1.5)
