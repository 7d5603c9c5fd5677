"""What films, lenses and reception put over a face: dust, scratches, snow, drops, torn rows."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from unmask.synthesis.brushes import Layer, Sheet, any_shape, circle, inside, stroked, uneven
from unmask.synthesis.masks import box_side


def dust(sheet: Sheet, rng: Generator) -> list[Layer]:
    """What lies on a film, a scanner or a pane, or falls: specks, hairs, scratches, snow, rain."""
    mask = np.zeros(sheet.shape, np.float32)
    size = float(rng.uniform(0.004, 0.03))
    for place in rng.uniform(-0.1, 1.1, (int(rng.integers(5, 60)), 2)):
        speck = place + size * rng.uniform(0.2, 1.0) * any_shape(rng)
        mask = np.maximum(mask, inside(sheet, speck, rng))
    lean = float(rng.normal(0, 0.1)) if rng.random() < 0.7 else float(rng.uniform(-2, 2))
    for x in rng.uniform(-0.3, 1.3, max(0, int(rng.integers(-6, 9)))):
        long = float(rng.uniform(0.05, 0.4)) if rng.random() < 0.4 else 3.0
        y = float(rng.uniform(-0.2, 1.2))
        scratch = np.array([[x - lean * long, y - long], [x + lean * long, y + long]])
        mask = np.maximum(mask, stroked(sheet, scratch, float(rng.uniform(0.003, 0.02))))
    for place in rng.uniform(-0.1, 1.1, (int(rng.integers(0, 6)), 2)):
        turns = np.cumsum(rng.normal(0, 0.5, 12))
        steps = 0.03 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
        hair = stroked(sheet, place + np.cumsum(steps, axis=0), float(rng.uniform(0.003, 0.01)))
        mask = np.maximum(mask, hair)
    light = rng.uniform(190, 255) if rng.random() < 0.6 else rng.uniform(0, 60)
    colours = np.full((*sheet.shape, 3), light, np.float32) + rng.normal(0, 8, 3).astype(np.float32)
    return [(np.clip(colours, 0, 255), mask * np.float32(rng.uniform(0.5, 1.0)))]


def drops(sheet: Sheet, rng: Generator) -> list[Layer]:
    """Drops on the lens or a pane: round places that show what lies about them, bent and soft."""
    height, width = sheet.shape
    to_y, to_x = np.mgrid[:height, :width].astype(np.float32)
    y, x = to_y.copy(), to_x.copy()
    wet = np.zeros(sheet.shape, np.float32)
    bend = float(rng.uniform(-3, 0.6))  # turned over and small, or hardly changed
    for place in rng.uniform(-0.1, 1.1, (int(rng.integers(2, 26)), 2)):
        drop = place + rng.uniform(0.02, 0.13) * uneven(circle(1.0), rng)
        middle = sheet.at(place[None])[0]
        where = inside(sheet, drop, rng)
        wet = np.maximum(wet, where)
        to_x = np.where(where > 0, middle[0] + bend * (x - middle[0]), to_x)
        to_y = np.where(where > 0, middle[1] + bend * (y - middle[1]), to_y)
    places = to_x.astype(np.float32), to_y.astype(np.float32)
    seen = cv2.remap(sheet.picture, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    soft = max(0.3, box_side(sheet.frame) * float(rng.uniform(0.002, 0.06)))
    seen = cv2.GaussianBlur(seen, (0, 0), soft)
    return [(np.asarray(seen, np.float32) * np.float32(rng.uniform(0.8, 1.1)), wet)]


def torn(sheet: Sheet, rng: Generator) -> list[Layer]:
    """Rows or blocks pushed aside by bad reception or an effect, their colours pulled apart."""
    side = box_side(sheet.frame)
    mask = np.zeros(sheet.shape, np.float32)
    rows = bool(rng.random() < 0.6)
    for place in rng.uniform(-0.1, 1.1, (int(rng.integers(1, 9)), 2)):
        reach = np.array([9.0 if rows else rng.uniform(0.05, 0.3), rng.uniform(0.01, 0.12)])
        box = place + reach * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        corners = np.clip(sheet.at(box), 0, 4096).astype(int)
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        mask[top:bottom, left:right] = 1.0
    by = round(side * float(rng.uniform(0.03, 0.5))) * int(rng.choice([-1, 1]))
    pulled = round(side * float(rng.uniform(0.0, 0.04)))
    seen = np.roll(sheet.picture, by, axis=1)
    seen = np.stack([np.roll(seen[..., at], (at - 1) * pulled, axis=1) for at in range(3)], axis=2)
    return [(np.asarray(seen, np.float32), mask)]
