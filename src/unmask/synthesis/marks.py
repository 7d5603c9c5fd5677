"""What people draw with a pen of one breadth: rings, boxes, arrows, lines."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from unmask.synthesis.brushes import Layer, Points, Sheet, circle, paint, stroked, uneven
from unmask.synthesis.masks import Mask


def ringed(sheet: Sheet, rng: Generator) -> list[Layer]:
    """A ring or box round the face or a part of it, whole or open, by a computer or by hand."""
    if rng.random() < 0.7:
        middle, reach = np.array([0.5, 0.45]) + rng.normal(0, 0.06, 2), rng.uniform(0.42, 0.85)
    else:
        middle, reach = rng.uniform(0.1, 0.9, 2), rng.uniform(0.08, 0.3)
    power = float(rng.choice([1.0, rng.uniform(0.05, 0.6)]))
    line = middle + reach * circle(power, 80) * [1.0, rng.uniform(0.8, 1.4)]
    if rng.random() < 0.3:
        line = uneven(line, rng)
    closed = bool(rng.random() < 0.8)
    if not closed:
        line = np.roll(line, int(rng.integers(len(line))), axis=0)[int(rng.integers(2, 50)) :]
    return _drawn(sheet, [line], rng, closed=closed)


def strokes(sheet: Sheet, rng: Generator) -> list[Layer]:
    """Thin arrows, lines that lead somewhere, crosses, scribbles."""
    lines = []
    for _ in range(int(rng.integers(1, 4))):
        tip = rng.uniform(0.0, 1.0, 2)
        angle, far = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0.15, 1.2))
        ahead = np.array([np.cos(angle), np.sin(angle)])
        way = rng.random()
        if way < 0.5:  # an arrow
            aside = np.array([-ahead[1], ahead[0]]) * rng.uniform(0.3, 0.8)
            head = float(rng.uniform(0.06, 0.2))
            lines.append(np.stack([tip - far * ahead, tip]))
            lines.append(tip - head * np.stack([ahead + aside, 0 * ahead, ahead - aside]))
        elif way < 0.8:
            lines.append(np.stack([tip - far * ahead, tip]))
        else:
            lines.append(tip + np.cumsum(rng.normal(0, 0.1, (int(rng.integers(4, 12)), 2)), axis=0))
    return _drawn(sheet, lines, rng, closed=False)


def _drawn(sheet: Sheet, lines: list[Points], rng: Generator, *, closed: bool) -> list[Layer]:
    """Lines of one pen, at times with a rim, at times see-through."""
    thick = float(rng.uniform(0.008, 0.07))
    opaque = np.float32(1.0 if rng.random() < 0.8 else rng.uniform(0.35, 0.9))

    def pen(wide: float) -> Mask:
        masks = [stroked(sheet, line, wide, closed=closed) for line in lines]
        return np.asarray(np.max(masks, axis=0) * opaque, np.float32)

    rim = [(paint(sheet, rng), pen(thick * 1.6))] if rng.random() < 0.25 else []
    return [*rim, (paint(sheet, rng), pen(thick))]
