"""What people and apps lay over faces that nobody has manipulated: stickers, bands, glasses, masks.

Laid over the real picture and the fake alike, they tell nothing apart; a network that has never
seen any takes them for what was put in, for they are no part of the picture and stay in their
place. All are drawn: nothing in them is a photograph, or they would be swaps themselves, but for
the picture's own background, which video calls blur.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.synthesis.colour import to_bytes
from unmask.synthesis.masks import Mask, Matrix, box_side
from unmask.synthesis.warps import Image

_FINE = 4  # bits of a pixel in which outlines are drawn
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!?.-"
_SKIN = ((255, 224, 196), (225, 172, 134), (160, 110, 78), (92, 60, 44))
_PLAIN = ((255, 255, 255), (0, 0, 0), (200, 20, 30), (20, 60, 160), (250, 210, 40))
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """``colours`` H×W×3 uint8, and H×W in 0…1 how much of the picture they ``cover``."""

    colours: Image
    cover: Mask

    def over(self, picture: Image) -> Image:
        """The picture H×W×3 beneath it."""
        share = self.cover[:, :, None]
        return to_bytes(picture * (1 - share) + self.colours * share)


class _Sheet(NamedTuple):
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


_Layer = tuple[NDArray[np.float32], Mask]  # colours, cover


def draw_overlay(picture: Image, frame: Matrix, rng: Generator) -> Overlay:
    """Draw what lies over a picture H×W×3, whose face ``frame`` places: one to three things."""
    sheet = _Sheet(picture, frame)
    colours = np.zeros((*sheet.shape, 3), np.float32)
    cover = np.zeros(sheet.shape, np.float32)
    kinds = list(_KINDS)
    chances = np.array([_KINDS[kind] for kind in kinds])
    for kind in rng.choice(len(kinds), rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1]), p=chances):
        for upper, own in kinds[int(kind)](sheet, rng):
            both = own + cover * (1 - own)
            part = (own / np.maximum(both, 1e-6))[:, :, None]
            colours = np.asarray(upper * part + colours * (1 - part), np.float32)
            cover = both
    return Overlay(to_bytes(colours), cover)


def _sticker(sheet: _Sheet, rng: Generator) -> list[_Layer]:
    """A shape or a few in one place: emoji, logos, arrows, dots; at times half transparent."""
    place, size = rng.uniform(-0.05, 1.05, 2), float(rng.uniform(0.06, 0.28))
    opaque = 1.0 if rng.random() < 0.7 else float(rng.uniform(0.25, 0.9))
    layers = [_filled(sheet, place + size * _outline(rng), rng, opaque, rimmed=True)]
    for _ in range(int(rng.integers(0, 5))):
        spot = place + rng.uniform(-0.6, 0.6, 2) * size
        small = size * float(rng.uniform(0.1, 0.4))
        layers.append(_filled(sheet, spot + small * _outline(rng), rng, opaque))
    return layers


def _words(sheet: _Sheet, rng: Generator) -> list[_Layer]:
    """A line of letters anywhere, often rimmed, at times on a plate."""
    across = rng.uniform(-0.3, 0.9), rng.uniform(0.0, 1.0)
    return _line_of_letters(sheet, np.array(across), float(rng.uniform(0.07, 0.2)), rng)


def _band(sheet: _Sheet, rng: Generator) -> list[_Layer]:
    """A strip from edge to edge with letters on it: a news ticker, a bar over the eyes."""
    top, high = float(rng.uniform(-0.05, 0.95)), float(rng.uniform(0.08, 0.3))
    left, right = (-9.0, 9.0) if rng.random() < 0.6 else (-0.1, 1.1)
    tilt = float(rng.normal(0, 0.02))
    corners = np.array(
        [[left, top], [right, top + tilt], [right, top + tilt + high], [left, top + high]]
    )
    layers = [_filled(sheet, corners, rng, 1.0)]
    if rng.random() < 0.6:
        start = np.array([rng.uniform(-0.3, 0.3), top + 0.75 * high])
        layers += _line_of_letters(sheet, start, 0.6 * high, rng, plate=False)
    return layers


def _glasses(sheet: _Sheet, rng: Generator) -> list[_Layer]:
    """Sunglasses: two dark glasses, mirrored or not, and what joins them."""
    wide, high = float(rng.uniform(0.11, 0.19)), float(rng.uniform(0.08, 0.15))
    opaque, colours = float(rng.uniform(0.7, 1.0)), _dark(sheet, rng)
    power = float(rng.uniform(0.4, 1.0))
    layers = []
    for x in (0.333, 0.667):
        glass = np.array([x, 0.4]) + np.array([wide, high]) * _round(power)
        layers.append((colours, _inside(sheet, glass, rng) * np.float32(opaque)))
    bridge = np.array([[0.333, 0.37], [0.667, 0.37], [0.667, 0.395], [0.333, 0.395]])
    layers.append((colours, _inside(sheet, bridge, rng)))
    return layers


def _cloth(sheet: _Sheet, rng: Generator) -> list[_Layer]:
    """A mask over mouth and nose, with folds."""
    corners = [(0.03, 0.55), (0.5, 0.48), (0.97, 0.55), (0.92, 0.85), (0.5, 1.06), (0.08, 0.85)]
    outline = np.array(corners) + rng.normal(0, 0.03, (6, 2))
    mask = _inside(sheet, outline, rng)
    colours = _paint(sheet, rng)
    folds = np.zeros(sheet.shape, np.float32)
    for y in np.linspace(0.6, 0.9, int(rng.integers(0, 5))):
        fold = np.array([[0.06, y], [0.94, y], [0.94, y + 0.012], [0.06, y + 0.012]])
        folds = np.maximum(folds, _inside(sheet, fold, rng))
    return [(colours * (1 - 0.25 * folds[:, :, None]), mask)]


def _edge(sheet: _Sheet, rng: Generator) -> list[_Layer]:
    """The picture ends across the face: nothing beyond it, a bar, a window, a split screen."""
    side, cut = int(rng.integers(4)), float(rng.uniform(0.02, 0.4))
    near, far = (1 - cut, 9.0) if side % 2 else (-9.0, cut)
    box = np.array([[near, -9.0], [far, -9.0], [far, 9.0], [near, 9.0]])
    ended = box[:, ::-1] if side < 2 else box
    if rng.random() < 0.5:  # what a crop has where its picture ends
        return [(np.zeros((*sheet.shape, 3), np.float32), _inside(sheet, ended, rng))]
    return [_filled(sheet, ended, rng, 1.0)]


def _ground(sheet: _Sheet, rng: Generator) -> list[_Layer]:
    """Another background, or its own one blurred, as video calls have it; the matte never fits."""
    side = box_side(sheet.frame)
    head = np.array([0.5, 0.45]) + rng.uniform(0.5, 0.68) * np.array([1.0, 1.25]) * _round(1.0)
    shoulders = np.array([0.5, rng.uniform(1.9, 2.2)]) + rng.uniform(1.0, 1.4) * _round(1.0)
    person = np.zeros(sheet.shape, np.float32)
    for outline in (_uneven(head, rng), _uneven(shoulders, rng)):
        person = np.maximum(person, _inside(sheet, outline, rng))
    soft = side * float(rng.uniform(0.0, 0.05))
    if soft > 0.5:
        person = np.asarray(cv2.GaussianBlur(person, (0, 0), soft), np.float32)
    way = rng.random()
    if way < 0.3:
        far = max(1.0, side * float(rng.uniform(0.04, 0.25)))
        behind = np.asarray(cv2.GaussianBlur(sheet.picture, (0, 0), far), np.float32)
    else:
        behind = _paint(sheet, rng) if way < 0.65 else _room(sheet, rng)
    return [(behind, np.clip(1 - person, 0, 1))]


def _hand(sheet: _Sheet, rng: Generator) -> list[_Layer]:
    """Something held before the face, from an edge of it: a hand's finger, a microphone, a cup."""
    angle = float(rng.uniform(0, 2 * np.pi))
    ahead = np.array([np.cos(angle), np.sin(angle)])
    aside = np.array([-ahead[1], ahead[0]]) * float(rng.uniform(0.05, 0.16))
    tip = 0.5 + ahead * float(rng.uniform(0.1, 0.45)) + rng.normal(0, 0.05, 2)
    end = tip + 1.5 * ahead
    outline = np.concatenate(
        [[end - aside, tip - aside], tip + _bow(ahead, aside), [tip + aside, end + aside]]
    )
    mask = _inside(sheet, outline, rng)
    colour = np.array(_SKIN[int(rng.integers(len(_SKIN)))] if rng.random() < 0.6 else (30, 30, 32))
    spread = float(rng.uniform(0.05, 0.25))
    shade = 1 + spread * _slope(sheet, float(rng.uniform(0, 2 * np.pi)))
    return [((shade[:, :, None] * colour).astype(np.float32), mask)]


_KINDS: dict[Callable[[_Sheet, Generator], list[_Layer]], float] = {
    _sticker: 0.30,
    _words: 0.12,
    _band: 0.11,
    _glasses: 0.10,
    _cloth: 0.06,
    _edge: 0.09,
    _ground: 0.16,
    _hand: 0.06,
}


def _line_of_letters(
    sheet: _Sheet, start: Points, height: float, rng: Generator, *, plate: bool = True
) -> list[_Layer]:
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
        layers.append((_paint(sheet, rng), mask * np.float32(rng.uniform(0.5, 1))))
    elif rng.random() < 0.6:
        layers.append((np.zeros((*sheet.shape, 3), np.float32), written(3 * weight)))
    opaque = 1.0 if rng.random() < 0.75 else float(rng.uniform(0.3, 0.9))
    layers.append((_paint(sheet, rng, bright=True), written(weight) * np.float32(opaque)))
    return layers


def _filled(
    sheet: _Sheet, outline: Points, rng: Generator, opaque: float, *, rimmed: bool = False
) -> _Layer:
    """A painted shape, at times with a rim of another colour."""
    mask, colours = _inside(sheet, outline, rng), _paint(sheet, rng)
    if rimmed and rng.random() < 0.4:
        rim = np.zeros(sheet.shape, np.float32)
        points = np.round(sheet.at(outline) * 2**_FINE).astype(np.int32)
        thick = max(1, round(box_side(sheet.frame) * float(rng.uniform(0.004, 0.03))))
        cv2.polylines(rim, [points], True, 1.0, thick, cv2.LINE_AA, _FINE)
        colours = np.where(rim[:, :, None] > 0.5, _colour(rng), colours).astype(np.float32)
        mask = np.maximum(mask, rim)
    return colours, mask * np.float32(opaque)


def _inside(sheet: _Sheet, outline: Points, rng: Generator) -> Mask:
    """H×W in 0…1: inside an outline of the unit box, its edge now and then a little soft."""
    mask = np.zeros(sheet.shape, np.float32)
    points = np.clip(sheet.at(outline), -4096, 4096)
    cv2.fillPoly(mask, [np.round(points * 2**_FINE).astype(np.int32)], 1.0, cv2.LINE_AA, _FINE)
    if rng.random() < 0.3:
        soft = float(rng.uniform(0.5, 1.5))
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)
    return mask


def _outline(rng: Generator) -> Points:
    """A shape about zero, of about unit size."""
    way = int(rng.integers(5))
    if way == 0:
        shape = _round(float(rng.uniform(0.3, 1.0)))
    elif way == 1:
        shape = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    elif way == 2:  # a star
        corners = 2 * int(rng.integers(4, 9))
        reach = np.where(np.arange(corners) % 2, float(rng.uniform(0.35, 0.8)), 1.0)
        shape = _round(1.0, corners) * reach[:, None]
    elif way == 3:  # an arrow
        shape = np.array(
            [[-1, -0.2], [0.2, -0.2], [0.2, -0.6], [1, 0], [0.2, 0.6], [0.2, 0.2], [-1, 0.2]]
        )
    else:
        corners = int(rng.integers(3, 8))
        shape = _round(1.0, corners) * rng.uniform(0.5, 1.0, (corners, 1))
    turn = float(rng.uniform(0, 2 * np.pi)) if rng.random() < 0.6 else 0.0
    cos, sin = np.cos(turn), np.sin(turn)
    return np.asarray((shape * [1.0, rng.uniform(0.5, 1.0)]) @ np.array([[cos, sin], [-sin, cos]]))


def _round(power: float, corners: int = 40) -> Points:
    """A circle; ``power`` below 1 makes it squarer."""
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(np.sign(circle) * np.abs(circle) ** power)


def _uneven(outline: Points, rng: Generator) -> Points:
    """An outline about its middle that bulges here and there by up to a tenth."""
    middle = outline.mean(axis=0)
    angles = np.linspace(0, 2 * np.pi, len(outline), endpoint=False)
    reach = np.ones(len(outline))
    for waves in range(1, 6):
        swing = rng.normal(0, 0.035) / np.sqrt(waves)
        reach += swing * np.sin(waves * angles + rng.uniform(0, 2 * np.pi))
    return np.asarray(middle + (outline - middle) * reach[:, None])


def _bow(ahead: Points, aside: Points) -> Points:
    """Half a circle as wide as ``aside``, on the side that ``ahead`` leaves."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, 12)[:, None]
    reach = float(np.hypot(*aside))
    return np.asarray(np.sin(angles) * aside - np.cos(angles) * ahead * reach)


def _paint(sheet: _Sheet, rng: Generator, *, bright: bool = False) -> NDArray[np.float32]:
    """H×W×3: one colour, a gradient, stripes, or clouds of two."""
    first, second = _colour(rng), _colour(rng)
    if bright and rng.random() < 0.6:
        first = np.array([255.0, 255.0, 255.0])
    way = rng.random()
    if way < 0.55 or bright:
        share = np.zeros(sheet.shape)
    elif way < 0.8:
        share = 0.5 + 0.5 * _slope(sheet, float(rng.uniform(0, 2 * np.pi)))
    elif way < 0.9:
        waves = float(rng.uniform(3, 20)) * np.pi
        share = (np.sin(waves * _slope(sheet, float(rng.uniform(0, np.pi)))) > 0).astype(float)
    else:
        coarse = rng.uniform(0, 1, (5, 5)).astype(np.float32)
        share = cv2.resize(coarse, sheet.shape[::-1], interpolation=cv2.INTER_CUBIC).clip(0, 1)
    return np.asarray(first + share[:, :, None] * (second - first), np.float32)


def _room(sheet: _Sheet, rng: Generator) -> NDArray[np.float32]:
    """H×W×3: a wall with shelves, windows or books on it, sharp or out of focus, grainy or not."""
    height, width = sheet.shape
    room = _paint(sheet, rng)
    for _ in range(int(rng.integers(3, 30))):
        x, y = int(rng.integers(-width // 4, width)), int(rng.integers(-height // 4, height))
        wide, high = (max(2, int(side * rng.beta(1.0, 4.0))) for side in (width, height))
        colour = [float(one) for one in _colour(rng)]
        cv2.rectangle(room, (x, y), (x + wide, y + high), colour, -1)
    if rng.random() < 0.6:
        far = box_side(sheet.frame) * float(rng.uniform(0.004, 0.08))
        room = np.asarray(cv2.GaussianBlur(room, (0, 0), max(0.3, far)), np.float32)
    if rng.random() < 0.5:
        room += rng.normal(0, float(rng.uniform(0.5, 6)), room.shape).astype(np.float32)
    return np.asarray(np.clip(room, 0, 255), np.float32)


def _dark(sheet: _Sheet, rng: Generator) -> NDArray[np.float32]:
    """What glasses show: near black, or lighter towards one edge."""
    light = float(rng.uniform(0, 110)) if rng.random() < 0.5 else 0.0
    share = 0.5 + 0.5 * _slope(sheet, float(rng.uniform(0, 2 * np.pi)))
    return np.asarray(rng.uniform(0, 45, 3) + light * share[:, :, None], np.float32)


def _slope(sheet: _Sheet, angle: float) -> NDArray[np.float64]:
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
