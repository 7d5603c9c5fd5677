"""Pairs to fit an animator on: two frames of one film, or a still and itself bent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.synthesis import apply_field, bend, draw_pose
from unmask.training.films import Film
from unmask.training.material import Portrait, unit_frame

_JOG = np.array([0.06, 0.06, 0.03, 0.03])  # turn in radians, logarithm of the zoom, shift
_SWAPPED = [1, 0, 2, 4, 3]  # landmarks in a mirror

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MovePair:
    """One picture S×S×3 and another of the same face, with landmarks 5×2 in shares of S."""

    source: Picture
    before: Points
    wanted: Picture
    after: Points

    def mirrored(self) -> MovePair:
        """Left for right."""

        def swap(points: Points) -> Points:
            return np.stack([1 - points[_SWAPPED, 0], points[_SWAPPED, 1]], axis=1)

        return MovePair(
            self.source[:, ::-1], swap(self.before), self.wanted[:, ::-1], swap(self.after)
        )


class Moves:
    """All stills and films at one side, to draw pairs from."""

    def __init__(
        self, portraits: Sequence[Portrait], films: Sequence[Film], side: int, film_share: float
    ) -> None:
        self._share = film_share
        self._stills = [small_still(portrait, side) for portrait in portraits]
        several = (film.frames for film in films if len(film.frames) > 1)
        self._films = [[small_still(frame, side) for frame in frames] for frames in several]

    def draw(self, rng: Generator) -> MovePair:
        """Frames of a film at times, if there is one; each pair turned and shifted as a whole."""
        if self._films and rng.random() < self._share:
            film = self._films[int(rng.integers(len(self._films)))]
            first, second = rng.choice(len(film), 2, replace=False)
            pair = MovePair(*film[first], *film[second])
        else:
            pair = _bent(*self._stills[int(rng.integers(len(self._stills)))], rng)
        pair = MovePair(*_jogged(pair.source, pair.before, rng), pair.wanted, pair.after)
        if rng.random() < 0.7:  # the camera moves too
            pair = MovePair(pair.source, pair.before, *_jogged(pair.wanted, pair.after, rng))
        return pair.mirrored() if rng.random() < 0.5 else pair


def small_still(portrait: Portrait, side: int) -> tuple[Picture, Points]:
    """A portrait at one side S×S×3, and its landmarks 5×2 in shares of S."""
    picture = portrait.picture()
    size = np.array(picture.shape[1::-1], np.float64)
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), (portrait.landmarks + 0.5) / size


def _bent(still: Picture, before: Points, rng: Generator) -> MovePair:
    """A head turned by a thin plate through its landmarks; the background stays."""
    side = still.shape[0]
    pixels = before * side - 0.5
    frame = unit_frame(pixels.astype(np.float32))
    field, after = bend((side, side), pixels, frame, draw_pose(rng))
    return MovePair(still, before, apply_field(still, field), (after + 0.5) / side)


def _jogged(picture: Picture, points: Points, rng: Generator) -> tuple[Picture, Points]:
    side = picture.shape[0]
    turn, zoom, x, y = rng.normal(0, 1, 4) * _JOG
    middle = (side - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), float(np.degrees(turn)), float(np.exp(zoom)))
    matrix[:, 2] = matrix[:, 2] + np.array([x, y]) * side
    moved = cv2.warpAffine(picture, matrix, (side, side), borderMode=cv2.BORDER_REFLECT_101)
    pixels = (points * side - 0.5) @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(moved, np.uint8), (pixels + 0.5) / side
