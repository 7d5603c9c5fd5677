"""Faces that nobody has: real ones mixed or bent as a whole, so that no fit knows them by heart.

Real and manipulated alike are made of the same stranger, and every pixel went the same way, so that
nothing of it tells the two apart.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.random import Generator

from unmask.synthesis.forge import Face
from unmask.synthesis.masks import Matrix, box_side, compose, invert
from unmask.synthesis.warps import Field, Image, apply_field, smooth_field

_BENT = 0.02  # of the face box: how far features move, about
_GRID = 3
_LEAST, _MOST = 0.25, 0.5  # of the other face


def draw_stranger(face: Face, other: Face, rng: Generator) -> Face:
    """``face`` with a share of ``other`` mixed in, or bent smoothly, or both.

    Renditions are mixed in pairs: of both faces by the same renderer, or of ``face`` alone is what
    they become. Animations are left out: they show a face in another pose.
    """
    way = int(rng.integers(3))
    made = face
    if way != 0:
        made = _mix(made, other, float(rng.uniform(_LEAST, _MOST)))
    if way != 1:
        reach, shape = _BENT * box_side(face.frame), face.picture.shape[:2]
        made = _bend(made, smooth_field(shape, rng, amplitude=reach, cells=_GRID))
    return replace(made, animations=())


def _mix(face: Face, other: Face, share: float) -> Face:
    """Faces laid over each other, box on box."""
    onto = compose(face.frame, invert(other.frame))
    return replace(
        face,
        picture=_overlay(face.picture, other.picture, onto, share),
        renditions=tuple(
            _overlay(own, foreign, onto, share)
            for own, foreign in zip(face.renditions, other.renditions, strict=False)
        ),
    )


def _overlay(picture: Image, other: Image, onto: Matrix, share: float) -> Image:
    size = (picture.shape[1], picture.shape[0])
    moved = cv2.warpAffine(other, onto, size, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.addWeighted(picture, 1 - share, moved, share, 0), np.uint8)


def _bend(face: Face, field: Field) -> Face:
    return replace(
        face,
        picture=apply_field(face.picture, field),
        renditions=tuple(apply_field(one, field) for one in face.renditions),
    )
