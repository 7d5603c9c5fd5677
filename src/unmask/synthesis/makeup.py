"""Make-up as apps draw it over a face: lips, lids, lines, cheeks, brows, skin.

Nobody's face was replaced, but what is drawn is no part of the picture and moves with the face.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.synthesis.brushes import Layer, Points, Sheet, circle, inside, uneven
from unmask.synthesis.masks import Mask, box_side

_EYES = ((0.333, 0.39), (0.667, 0.39))
_MOUTH = (0.5, 0.75)
_REDS = ((190, 30, 50), (225, 80, 110), (140, 20, 60), (170, 80, 70), (235, 130, 120))
_SHADES = (
    (120, 60, 130),
    (60, 80, 150),
    (110, 70, 40),
    (180, 140, 90),
    (40, 110, 90),
    (30, 30, 35),
)
_SKIN = ((255, 235, 220), (205, 150, 110), (150, 100, 70))
Tint = Callable[[Sheet, Points, Mask], Layer]


def make_up(sheet: Sheet, rng: Generator) -> list[Layer]:
    """Some of what an app offers, all of it in one way: laid on, multiplied, or as a colour."""
    parts = [part for part in _PARTS if rng.random() < _PARTS[part]]
    tint = _way(rng)
    layers = []
    for part in parts or [_lips]:
        layers += part(sheet, tint, rng)
    return layers


def _lips(sheet: Sheet, tint: Tint, rng: Generator) -> list[Layer]:
    """Both lips, at times less the gap between them."""
    middle = np.array(_MOUTH) + rng.normal(0, 0.012, 2)
    wide, high = float(rng.uniform(0.15, 0.23)), float(rng.uniform(0.05, 0.11))
    mask = _soft(sheet, middle + np.array([wide, high]) * circle(1.0), rng)
    if rng.random() < 0.4:
        gap = np.array([0.8 * wide, float(rng.uniform(0.1, 0.45)) * high]) * circle(1.0)
        mask = mask * (1 - _soft(sheet, middle + gap, rng))
    return [tint(sheet, _one(_REDS, rng), _strong(mask, rng))]


def _lids(sheet: Sheet, tint: Tint, rng: Generator) -> list[Layer]:
    """Shadow above the eyes, or all around them."""
    wide, high = float(rng.uniform(0.08, 0.16)), float(rng.uniform(0.03, 0.09))
    rise = float(rng.uniform(0.0, 0.07))
    mask = np.zeros(sheet.shape, np.float32)
    for eye in _EYES:
        lid = np.array(eye) - (0, rise) + np.array([wide, high]) * circle(1.0)
        mask = np.maximum(mask, _soft(sheet, lid, rng))
    return [tint(sheet, _one(_SHADES, rng), _strong(mask, rng))]


def _lines(sheet: Sheet, tint: Tint, rng: Generator) -> list[Layer]:
    """A dark line along the lids that ends in a wing."""
    thick, wing = float(rng.uniform(0.006, 0.018)), float(rng.uniform(0.0, 0.07))
    mask = np.zeros(sheet.shape, np.float32)
    for side, eye in zip((-1, 1), _EYES, strict=True):
        x = np.linspace(-0.08, 0.08, 12)
        y = -0.035 * (1 - (x / 0.08) ** 2)
        lid = np.stack([np.append(x * side, side * (0.08 + wing)), np.append(y, -wing / 2)], axis=1)
        line = np.concatenate([lid, lid[::-1] + np.array([0, thick])])
        mask = np.maximum(mask, inside(sheet, np.array(eye) + line, rng))
    return [tint(sheet, np.full(3, float(rng.uniform(0, 40))), _strong(mask, rng, least=0.5))]


def _cheeks(sheet: Sheet, tint: Tint, rng: Generator) -> list[Layer]:
    """Blush on both cheeks, at times over the nose as well."""
    reach = np.array([rng.uniform(0.08, 0.17), rng.uniform(0.05, 0.13)])
    aside, down = float(rng.uniform(0.24, 0.34)), float(rng.uniform(0.54, 0.68))
    spots = [(0.5 - aside, down), (0.5 + aside, down)]
    if rng.random() < 0.2:
        spots.append((0.5, down - 0.03))
    mask = np.zeros(sheet.shape, np.float32)
    for spot in spots:
        mask = np.maximum(mask, _soft(sheet, np.array(spot) + reach * circle(1.0), rng, wide=4))
    return [tint(sheet, _one(_REDS, rng), _strong(mask, rng, most=0.5))]


def _brows(sheet: Sheet, tint: Tint, rng: Generator) -> list[Layer]:
    """Brows darker and broader."""
    reach = np.array([rng.uniform(0.09, 0.13), rng.uniform(0.012, 0.028)])
    rise = float(rng.uniform(0.09, 0.14))
    mask = np.zeros(sheet.shape, np.float32)
    for eye in _EYES:
        mask = np.maximum(mask, _soft(sheet, np.array(eye) - (0, rise) + reach * circle(1.0), rng))
    return [tint(sheet, np.array([60.0, 42.0, 30.0]), _strong(mask, rng))]


def _skin(sheet: Sheet, tint: Tint, rng: Generator) -> list[Layer]:
    """Powder: the whole face a little lighter or browner."""
    oval = np.array([0.5, 0.52]) + np.array([0.38, 0.48]) * circle(1.0)
    mask = _soft(sheet, uneven(oval, rng), rng, wide=6)
    return [tint(sheet, _one(_SKIN, rng), _strong(mask, rng, least=0.1, most=0.3))]


_PARTS = {_lips: 0.8, _lids: 0.6, _lines: 0.35, _cheeks: 0.55, _brows: 0.2, _skin: 0.25}


def _way(rng: Generator) -> Tint:
    """How an app mixes its colours with what is beneath."""
    way = rng.random()

    def tint(sheet: Sheet, colour: Points, mask: Mask) -> Layer:
        beneath = sheet.picture.astype(np.float32)
        if way < 0.4:
            return np.broadcast_to(colour, beneath.shape).astype(np.float32), mask
        if way < 0.7:  # multiplied: pores and wrinkles stay
            return np.asarray(beneath * (0.3 + 0.7 * colour / 255), np.float32), mask
        light = beneath.mean(axis=2, keepdims=True) / max(1.0, float(colour.mean()))
        return np.clip(light * colour, 0, 255).astype(np.float32), mask

    return tint


def _soft(sheet: Sheet, outline: Points, rng: Generator, *, wide: float = 1.0) -> Mask:
    """Inside an outline, with the soft edge of a brush."""
    blur = max(0.4, box_side(sheet.frame) * float(rng.uniform(0.004, 0.02)) * wide)
    mask = inside(sheet, outline, rng)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), blur), np.float32)


def _strong(mask: Mask, rng: Generator, *, least: float = 0.2, most: float = 0.8) -> Mask:
    return np.asarray(mask * np.float32(rng.uniform(least, most)), np.float32)


def _one(colours: tuple[tuple[int, int, int], ...], rng: Generator) -> NDArray[np.float64]:
    """One of them, a little off."""
    base = np.array(colours[int(rng.integers(len(colours)))], np.float64)
    return np.clip(base + rng.normal(0, 15, 3), 0, 255)
