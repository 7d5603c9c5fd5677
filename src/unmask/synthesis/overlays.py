"""What lies over faces that nobody has manipulated: stickers, bands, glasses, rings, dust, drops.

Laid over the real picture and the fake alike, they tell nothing apart; a network that has never
seen any takes them for what was put in, for they are no part of the picture and stay in their
place. All are drawn: nothing in them is a photograph, or they would be swaps themselves, but for
the picture itself, of which video calls blur the background, drops show what lies about them, and
bad reception pushes rows aside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from unmask.synthesis.blemishes import drops, dust, torn
from unmask.synthesis.brushes import (
    Layer,
    Sheet,
    any_shape,
    bow,
    circle,
    dark,
    filled,
    inside,
    letters,
    paint,
    room,
    slope,
    uneven,
)
from unmask.synthesis.colour import to_bytes
from unmask.synthesis.marks import ringed, strokes
from unmask.synthesis.masks import Mask, Matrix, box_side
from unmask.synthesis.warps import Image

_SKIN = ((255, 224, 196), (225, 172, 134), (160, 110, 78), (92, 60, 44))


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """``colours`` H×W×3 uint8, and H×W in 0…1 how much of the picture they ``cover``."""

    colours: Image
    cover: Mask

    def over(self, picture: Image) -> Image:
        """The picture H×W×3 beneath it."""
        share = self.cover[:, :, None]
        return to_bytes(picture * (1 - share) + self.colours * share)


def draw_overlay(picture: Image, frame: Matrix, rng: Generator) -> Overlay:
    """Draw what lies over a picture H×W×3, whose face ``frame`` places: one to three things."""
    sheet = Sheet(picture, frame)
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
    return Overlay(to_bytes(colours), np.minimum(cover, 1))


def _sticker(sheet: Sheet, rng: Generator) -> list[Layer]:
    """A shape or a few in one place: emoji, logos, arrows, dots; at times half transparent."""
    place, size = rng.uniform(-0.05, 1.05, 2), float(rng.uniform(0.06, 0.28))
    opaque = 1.0 if rng.random() < 0.7 else float(rng.uniform(0.25, 0.9))
    layers = [filled(sheet, place + size * any_shape(rng), rng, opaque, rimmed=True)]
    for _ in range(int(rng.integers(0, 5))):
        spot = place + rng.uniform(-0.6, 0.6, 2) * size
        small = size * float(rng.uniform(0.1, 0.4))
        layers.append(filled(sheet, spot + small * any_shape(rng), rng, opaque))
    return layers


def _words(sheet: Sheet, rng: Generator) -> list[Layer]:
    """A line of letters anywhere, often rimmed, at times on a plate."""
    across = rng.uniform(-0.3, 0.9), rng.uniform(0.0, 1.0)
    return letters(sheet, np.array(across), float(rng.uniform(0.07, 0.2)), rng)


def _band(sheet: Sheet, rng: Generator) -> list[Layer]:
    """A strip from edge to edge with letters on it: a news ticker, a bar over the eyes."""
    top, high = float(rng.uniform(-0.05, 0.95)), float(rng.uniform(0.08, 0.3))
    left, right = (-9.0, 9.0) if rng.random() < 0.6 else (-0.1, 1.1)
    tilt = float(rng.normal(0, 0.02))
    corners = np.array(
        [[left, top], [right, top + tilt], [right, top + tilt + high], [left, top + high]]
    )
    layers = [filled(sheet, corners, rng, 1.0)]
    if rng.random() < 0.6:
        start = np.array([rng.uniform(-0.3, 0.3), top + 0.75 * high])
        layers += letters(sheet, start, 0.6 * high, rng, plate=False)
    return layers


def _glasses(sheet: Sheet, rng: Generator) -> list[Layer]:
    """Sunglasses: two dark glasses, mirrored or not, and what joins them."""
    wide, high = float(rng.uniform(0.11, 0.19)), float(rng.uniform(0.08, 0.15))
    opaque, colours = float(rng.uniform(0.7, 1.0)), dark(sheet, rng)
    power = float(rng.uniform(0.4, 1.0))
    layers = []
    for x in (0.333, 0.667):
        glass = np.array([x, 0.4]) + np.array([wide, high]) * circle(power)
        layers.append((colours, inside(sheet, glass, rng) * np.float32(opaque)))
    bridge = np.array([[0.333, 0.37], [0.667, 0.37], [0.667, 0.395], [0.333, 0.395]])
    layers.append((colours, inside(sheet, bridge, rng)))
    return layers


def _cloth(sheet: Sheet, rng: Generator) -> list[Layer]:
    """A mask over mouth and nose, with folds."""
    corners = [(0.03, 0.55), (0.5, 0.48), (0.97, 0.55), (0.92, 0.85), (0.5, 1.06), (0.08, 0.85)]
    outline = np.array(corners) + rng.normal(0, 0.03, (6, 2))
    mask = inside(sheet, outline, rng)
    colours = paint(sheet, rng)
    folds = np.zeros(sheet.shape, np.float32)
    for y in np.linspace(0.6, 0.9, int(rng.integers(0, 5))):
        fold = np.array([[0.06, y], [0.94, y], [0.94, y + 0.012], [0.06, y + 0.012]])
        folds = np.maximum(folds, inside(sheet, fold, rng))
    return [(colours * (1 - 0.25 * folds[:, :, None]), mask)]


def _edge(sheet: Sheet, rng: Generator) -> list[Layer]:
    """The picture ends across the face: nothing beyond it, a bar, a window, a split screen."""
    side, cut = int(rng.integers(4)), float(rng.uniform(0.02, 0.4))
    near, far = (1 - cut, 9.0) if side % 2 else (-9.0, cut)
    box = np.array([[near, -9.0], [far, -9.0], [far, 9.0], [near, 9.0]])
    ended = box[:, ::-1] if side < 2 else box
    if rng.random() < 0.5:  # what a crop has where its picture ends
        return [(np.zeros((*sheet.shape, 3), np.float32), inside(sheet, ended, rng))]
    return [filled(sheet, ended, rng, 1.0)]


def _ground(sheet: Sheet, rng: Generator) -> list[Layer]:
    """Another background, or its own one blurred, as video calls have it; the matte never fits."""
    side = box_side(sheet.frame)
    head = np.array([0.5, 0.45]) + rng.uniform(0.5, 0.68) * np.array([1.0, 1.25]) * circle(1.0)
    shoulders = np.array([0.5, rng.uniform(1.9, 2.2)]) + rng.uniform(1.0, 1.4) * circle(1.0)
    person = np.zeros(sheet.shape, np.float32)
    for outline in (uneven(head, rng), uneven(shoulders, rng)):
        person = np.maximum(person, inside(sheet, outline, rng))
    soft = side * float(rng.uniform(0.0, 0.05))
    if soft > 0.5:
        person = np.asarray(cv2.GaussianBlur(person, (0, 0), soft), np.float32)
    way = rng.random()
    if way < 0.3:
        far = max(1.0, side * float(rng.uniform(0.04, 0.25)))
        behind = np.asarray(cv2.GaussianBlur(sheet.picture, (0, 0), far), np.float32)
    else:
        behind = paint(sheet, rng) if way < 0.65 else room(sheet, rng)
    return [(behind, np.clip(1 - person, 0, 1))]


def _hand(sheet: Sheet, rng: Generator) -> list[Layer]:
    """Something held before the face, from an edge of it: a hand's finger, a microphone, a cup."""
    angle = float(rng.uniform(0, 2 * np.pi))
    ahead = np.array([np.cos(angle), np.sin(angle)])
    aside = np.array([-ahead[1], ahead[0]]) * float(rng.uniform(0.05, 0.16))
    tip = 0.5 + ahead * float(rng.uniform(0.1, 0.45)) + rng.normal(0, 0.05, 2)
    end = tip + 1.5 * ahead
    outline = np.concatenate(
        [[end - aside, tip - aside], tip + bow(ahead, aside), [tip + aside, end + aside]]
    )
    mask = inside(sheet, outline, rng)
    colour = np.array(_SKIN[int(rng.integers(len(_SKIN)))] if rng.random() < 0.6 else (30, 30, 32))
    spread = float(rng.uniform(0.05, 0.25))
    shade = 1 + spread * slope(sheet, float(rng.uniform(0, 2 * np.pi)))
    return [((shade[:, :, None] * colour).astype(np.float32), mask)]


_KINDS: dict[Callable[[Sheet, Generator], list[Layer]], float] = {
    _sticker: 0.19,
    _words: 0.08,
    _band: 0.09,
    _glasses: 0.08,
    _cloth: 0.05,
    _edge: 0.08,
    _ground: 0.10,
    _hand: 0.05,
    ringed: 0.06,
    strokes: 0.04,
    dust: 0.07,
    drops: 0.06,
    torn: 0.05,
}
