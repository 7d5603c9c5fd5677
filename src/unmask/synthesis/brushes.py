"""What overlays are drawn with: a sheet over a face, shapes, letters and colours on it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.synthesis.masks import Mask, Matrix, box_side
from unmask.synthesis.warps import Image

_FINE = 4  # bits of a pixel in which outlines are drawn
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!?.-"
_PLAIN = ((255, 255, 255), (0, 0, 0), (200, 20, 30), (20, 60, 160), (250, 210, 40))
Points = NDArray[np.float64]


class Sheet(NamedTuple):
    """What is drawn on: the picture H×W×3, and where its face is (unit box to pixels)."""

    picture: Image
    frame: Matrix

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.picture.shape[:2]
        return height, width

    def at(self, points: Points) -> Points:
        """Points N×2 of the face's unit box, in pixels."""
        return np.asarray(points @ self.frame[:, :2].T + self.frame[:, 2])


Layer = tuple[NDArray[np.float32], Mask]  # colours, cover


def letters(
    sheet: Sheet, start: Points, height: float, rng: Generator, *, plate: bool = True
) -> list[Layer]:
    """Letters from ``start`` (unit box) on, a share ``height`` of the face high."""
    count = int(rng.integers(3, 28))
    text = "".join(
        " " if rng.random() < 0.15 else _LETTERS[int(rng.integers(len(_LETTERS)))]
        for _ in range(count)
    )
    font = int(rng.integers(0, 8))
    pixels = height * box_side(sheet.frame)
    scale = pixels / 22
    weight = max(1, round(pixels * float(rng.uniform(0.06, 0.2))))
    x, y = (round(float(v)) for v in sheet.at(start[None])[0])

    def written(thickness: int) -> Mask:
        mask = np.zeros(sheet.shape, np.uint8)
        cv2.putText(mask, text, (x, y), font, scale, 255, thickness, cv2.LINE_AA)
        return (mask / np.float32(255)).astype(np.float32)

    layers = []
    if plate and rng.random() < 0.25:
        (wide, high), below = cv2.getTextSize(text, font, scale, weight)
        mask = np.zeros(sheet.shape, np.float32)
        cv2.rectangle(mask, (x - 3, y - high - 3), (x + wide + 3, y + below), 1.0, -1)
        layers.append((paint(sheet, rng), mask * np.float32(rng.uniform(0.5, 1))))
    elif rng.random() < 0.6:
        layers.append((np.zeros((*sheet.shape, 3), np.float32), written(3 * weight)))
    opaque = 1.0 if rng.random() < 0.75 else float(rng.uniform(0.3, 0.9))
    layers.append((paint(sheet, rng, bright=True), written(weight) * np.float32(opaque)))
    return layers


def filled(
    sheet: Sheet, outline: Points, rng: Generator, opaque: float, *, rimmed: bool = False
) -> Layer:
    """A painted shape, at times with a rim of another colour."""
    mask, colours = inside(sheet, outline, rng), paint(sheet, rng)
    if rimmed and rng.random() < 0.4:
        rim = np.zeros(sheet.shape, np.float32)
        points = np.round(sheet.at(outline) * 2**_FINE).astype(np.int32)
        thick = max(1, round(box_side(sheet.frame) * float(rng.uniform(0.004, 0.03))))
        cv2.polylines(rim, [points], True, 1.0, thick, cv2.LINE_AA, _FINE)
        colours = np.where(rim[:, :, None] > 0.5, _colour(rng), colours).astype(np.float32)
        mask = np.maximum(mask, rim)
    return colours, mask * np.float32(opaque)


def inside(sheet: Sheet, outline: Points, rng: Generator) -> Mask:
    """H×W in 0…1: inside an outline of the unit box, its edge now and then a little soft."""
    mask = np.zeros(sheet.shape, np.float32)
    points = np.clip(sheet.at(outline), -4096, 4096)
    cv2.fillPoly(mask, [np.round(points * 2**_FINE).astype(np.int32)], 1.0, cv2.LINE_AA, _FINE)
    if rng.random() < 0.3:
        soft = float(rng.uniform(0.5, 1.5))
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)
    return mask


def stroked(sheet: Sheet, line: Points, thick: float, *, closed: bool = False) -> Mask:
    """H×W in 0…1: a line through points of the unit box, a share ``thick`` of the face wide."""
    mask = np.zeros(sheet.shape, np.uint8)
    points = np.clip(sheet.at(line), -4096, 4096)
    fine = np.round(points * 2**_FINE).astype(np.int32)
    wide = max(1, round(box_side(sheet.frame) * thick))
    cv2.polylines(mask, [fine], closed, 255, wide, cv2.LINE_AA, _FINE)
    return (mask / np.float32(255)).astype(np.float32)


def any_shape(rng: Generator) -> Points:
    """A shape about zero, of about unit size."""
    way = int(rng.integers(5))
    if way == 0:
        shape = circle(float(rng.uniform(0.3, 1.0)))
    elif way == 1:
        shape = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    elif way == 2:  # a star
        corners = 2 * int(rng.integers(4, 9))
        reach = np.where(np.arange(corners) % 2, float(rng.uniform(0.35, 0.8)), 1.0)
        shape = circle(1.0, corners) * reach[:, None]
    elif way == 3:  # an arrow
        shape = np.array(
            [[-1, -0.2], [0.2, -0.2], [0.2, -0.6], [1, 0], [0.2, 0.6], [0.2, 0.2], [-1, 0.2]]
        )
    else:
        corners = int(rng.integers(3, 8))
        shape = circle(1.0, corners) * rng.uniform(0.5, 1.0, (corners, 1))
    turn = float(rng.uniform(0, 2 * np.pi)) if rng.random() < 0.6 else 0.0
    cos, sin = np.cos(turn), np.sin(turn)
    return np.asarray((shape * [1.0, rng.uniform(0.5, 1.0)]) @ np.array([[cos, sin], [-sin, cos]]))


def circle(power: float, corners: int = 40) -> Points:
    """A circle; ``power`` below 1 makes it squarer."""
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(np.sign(points) * np.abs(points) ** power)


def uneven(outline: Points, rng: Generator) -> Points:
    """An outline about its middle that bulges here and there by up to a tenth."""
    middle = outline.mean(axis=0)
    angles = np.linspace(0, 2 * np.pi, len(outline), endpoint=False)
    reach = np.ones(len(outline))
    for waves in range(1, 6):
        swing = rng.normal(0, 0.035) / np.sqrt(waves)
        reach += swing * np.sin(waves * angles + rng.uniform(0, 2 * np.pi))
    return np.asarray(middle + (outline - middle) * reach[:, None])


def bow(ahead: Points, aside: Points) -> Points:
    """Half a circle as wide as ``aside``, on the side that ``ahead`` leaves."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, 12)[:, None]
    reach = float(np.hypot(*aside))
    return np.asarray(np.sin(angles) * aside - np.cos(angles) * ahead * reach)


def paint(sheet: Sheet, rng: Generator, *, bright: bool = False) -> NDArray[np.float32]:
    """H×W×3: one colour, a gradient, stripes, or clouds of two."""
    first, second = _colour(rng), _colour(rng)
    if bright and rng.random() < 0.6:
        first = np.array([255.0, 255.0, 255.0])
    way = rng.random()
    if way < 0.55 or bright:
        share = np.zeros(sheet.shape)
    elif way < 0.8:
        share = 0.5 + 0.5 * slope(sheet, float(rng.uniform(0, 2 * np.pi)))
    elif way < 0.9:
        waves = float(rng.uniform(3, 20)) * np.pi
        share = (np.sin(waves * slope(sheet, float(rng.uniform(0, np.pi)))) > 0).astype(float)
    else:
        coarse = rng.uniform(0, 1, (5, 5)).astype(np.float32)
        share = cv2.resize(coarse, sheet.shape[::-1], interpolation=cv2.INTER_CUBIC).clip(0, 1)
    return np.asarray(first + share[:, :, None] * (second - first), np.float32)


def room(sheet: Sheet, rng: Generator) -> NDArray[np.float32]:
    """H×W×3: a wall with shelves, windows or books on it, sharp or out of focus, grainy or not."""
    height, width = sheet.shape
    wall = paint(sheet, rng)
    for _ in range(int(rng.integers(3, 30))):
        x, y = int(rng.integers(-width // 4, width)), int(rng.integers(-height // 4, height))
        wide, high = (max(2, int(side * rng.beta(1.0, 4.0))) for side in (width, height))
        colour = [float(one) for one in _colour(rng)]
        cv2.rectangle(wall, (x, y), (x + wide, y + high), colour, -1)
    if rng.random() < 0.6:
        far = box_side(sheet.frame) * float(rng.uniform(0.004, 0.08))
        wall = np.asarray(cv2.GaussianBlur(wall, (0, 0), max(0.3, far)), np.float32)
    if rng.random() < 0.5:
        wall += rng.normal(0, float(rng.uniform(0.5, 6)), wall.shape).astype(np.float32)
    return np.asarray(np.clip(wall, 0, 255), np.float32)


def dark(sheet: Sheet, rng: Generator) -> NDArray[np.float32]:
    """What glasses show: near black, or lighter towards one edge."""
    light = float(rng.uniform(0, 110)) if rng.random() < 0.5 else 0.0
    share = 0.5 + 0.5 * slope(sheet, float(rng.uniform(0, 2 * np.pi)))
    return np.asarray(rng.uniform(0, 45, 3) + light * share[:, :, None], np.float32)


def slope(sheet: Sheet, angle: float) -> NDArray[np.float64]:
    """H×W from about −1 to 1 across the face, in one direction."""
    height, width = sheet.shape
    centre, reach = sheet.at(np.array([[0.5, 0.5]]))[0], box_side(sheet.frame) / 2
    y, x = np.mgrid[:height, :width]
    along = (x - centre[0]) * np.cos(angle) + (y - centre[1]) * np.sin(angle)
    return np.asarray(np.clip(along / reach, -1.5, 1.5), np.float64)


def _colour(rng: Generator) -> NDArray[np.float64]:
    if rng.random() < 0.4:
        return np.array(_PLAIN[int(rng.integers(len(_PLAIN)))], np.float64)
    return rng.uniform(0, 255, 3)
