"""Pseudo-fakes over time: what single frames do not show and a clip does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.random import Generator

from unmask.synthesis.animation import plate_animation, present_clip
from unmask.synthesis.colour import blend
from unmask.synthesis.forge import Face, Kind, forge
from unmask.synthesis.masks import Mask, Matrix, box_side, draw_mask, invert
from unmask.synthesis.poses import draw_path
from unmask.synthesis.warps import (
    Field,
    Image,
    apply_field,
    mouth_field,
    smooth_field,
    warp_mask,
)

ClipKind = Literal[
    "framewise",
    "steady",
    "animated-still",
    "mouth-out-of-step",
    "jitter",
    "wander",
    "driven-still",
]
CLIP_KINDS: tuple[ClipKind, ...] = get_args(ClipKind)


def forge_clip(
    kind: ClipKind, faces: Sequence[Face], donor: Face, frame_kind: Kind, rng: Generator
) -> list[Image]:
    """A manipulated copy of a clip of one face, as many pictures as ``faces``.

    ``framewise`` makes each frame anew (mask and colour flicker), ``steady`` all frames alike,
    ``animated-still`` warps the first frame through time as talking-head tools do, and
    ``mouth-out-of-step`` shows the mouth of another moment of the same clip. ``jitter`` and
    ``wander`` insert one face steadily, under a mask whose edge trembles, or at landmarks that
    drift off the head's. ``driven-still`` carries the first frame along a path of poses; what an
    animator drew along one is shown by :func:`unmask.synthesis.present_clip` instead.
    """
    makers: dict[ClipKind, Callable[[], list[Image]]] = {
        "framewise": lambda: _framewise(faces, donor, frame_kind, rng, flicker=True),
        "steady": lambda: _framewise(faces, donor, frame_kind, rng, flicker=False),
        "animated-still": lambda: animate_still(faces[0], len(faces), rng),
        "mouth-out-of-step": lambda: _mouth_out_of_step(faces, rng),
        "jitter": lambda: _jitter(faces, donor, frame_kind, rng),
        "wander": lambda: _wander(faces, donor, frame_kind, rng),
        "driven-still": lambda: _driven_still(faces[0], len(faces), rng),
    }
    return makers[kind]()


def _framewise(
    faces: Sequence[Face], donor: Face, kind: Kind, rng: Generator, *, flicker: bool
) -> list[Image]:
    seed = int(rng.integers(2**31))
    often = rng.random()  # how often a flickering tool changes its mind
    pictures = []
    for face in faces:
        if flicker and rng.random() < often:
            seed = int(rng.integers(2**31))
        pictures.append(forge(kind, face, donor, np.random.default_rng(seed)).picture)
    return pictures


def _inserted(
    faces: Sequence[Face], donor: Face, kind: Kind, rng: Generator
) -> Iterator[tuple[Face, Image, Mask]]:
    """Each face with the same insertion and its mask, which never is the whole picture."""
    seed = int(rng.integers(2**31))
    for face in faces:
        alike = np.random.default_rng(seed)
        made = forge(kind, face, donor, alike)
        mask = made.mask
        if float(mask.mean()) > 0.9:
            mask = draw_mask("face", face.picture.shape[:2], face.frame, alike)
        yield face, made.picture, mask


def _jitter(faces: Sequence[Face], donor: Face, kind: Kind, rng: Generator) -> list[Image]:
    """A segmentation made anew for each frame: the edge of the mask trembles, and its strength."""
    tremble, fade = rng.uniform(0.006, 0.025), rng.uniform(0.0, 0.25)
    pictures = []
    for face, picture, mask in _inserted(faces, donor, kind, rng):
        field = smooth_field(mask.shape, rng, amplitude=tremble * box_side(face.frame), cells=5)
        torn = warp_mask(mask, field) * np.float32(1 - rng.uniform(0, fade))
        pictures.append(blend(face.picture, picture, torn))
    return pictures


def _wander(faces: Sequence[Face], donor: Face, kind: Kind, rng: Generator) -> list[Image]:
    """Landmarks that lag and drift: what was inserted slides slowly over the head."""
    reach = rng.uniform(0.015, 0.05) * box_side(faces[0].frame)
    phase, rate = rng.uniform(0, 2 * np.pi, 2), rng.uniform(0.2, 0.8, 2)
    turn, swing = rng.normal(0, 2.0), rng.uniform(0.2, 0.8)
    pictures = []
    for index, (face, picture, mask) in enumerate(_inserted(faces, donor, kind, rng)):
        shift = reach * np.sin(phase + rate * index)
        centre = face.frame[:, :2] @ np.array([0.5, 0.55]) + face.frame[:, 2]
        matrix = cv2.getRotationMatrix2D(
            (float(centre[0]), float(centre[1])), float(turn * np.sin(swing * index)), 1.0
        )
        matrix = matrix + np.stack([np.zeros(2), np.zeros(2), shift], axis=1)
        size = (mask.shape[1], mask.shape[0])
        slid = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REFLECT_101)
        under = np.asarray(cv2.warpAffine(mask, matrix, size), dtype=np.float32)
        pictures.append(blend(face.picture, np.asarray(slid, dtype=np.uint8), under))
    return pictures


def _driven_still(face: Face, count: int, rng: Generator) -> list[Image]:
    path = draw_path(count, rng)
    alike = int(rng.integers(2**31))
    shown = [
        plate_animation(face.picture, face.frame, pose, np.random.default_rng(alike))
        for pose in path
    ]
    return present_clip(shown, rng)


def animate_still(face: Face, count: int, rng: Generator) -> list[Image]:
    """One picture moved by a smooth warp field that changes over time: its texture stays frozen."""
    source = face.picture
    if face.renditions and rng.random() < 0.6:
        source = face.renditions[int(rng.integers(len(face.renditions)))]
    side, shape = box_side(face.frame), source.shape[:2]
    ends = [smooth_field(shape, rng, amplitude=0.012 * side) for _ in range(2)]
    phase, rate = rng.uniform(0, 6.3), rng.uniform(0.3, 1.2)
    opening, widening = rng.uniform(0.0, 0.05), rng.normal(0, 0.015)
    pictures = []
    for index in range(count):
        through = index / max(1, count - 1)
        swing = 0.5 + 0.5 * np.sin(phase + rate * index)
        field: Field = (ends[0] * (1 - through) + ends[1] * through).astype(np.float32)
        field += mouth_field(shape, face.frame, opening * swing, widening * swing)
        pictures.append(apply_field(source, field))
    return drift(pictures, face.frame, rng)


def drift(pictures: Sequence[Image], frame: Matrix, rng: Generator) -> list[Image]:
    """A hand-held camera: a smooth shift, turn and zoom, alike for both classes."""
    side = box_side(frame)
    centre = frame[:, :2] @ np.array([0.5, 0.5]) + frame[:, 2]
    start, stop = (_pose(rng) for _ in range(2))
    moved = []
    for index, picture in enumerate(pictures):
        through = index / max(1, len(pictures) - 1)
        turn, zoom, x, y = start * (1 - through) + stop * through + rng.normal(0, 0.0007, 4)
        matrix = cv2.getRotationMatrix2D(
            (float(centre[0]), float(centre[1])), float(60 * turn), float(np.exp(zoom))
        )
        matrix = matrix + np.array([[0, 0, x * side], [0, 0, y * side]])
        size = (picture.shape[1], picture.shape[0])
        turned = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REFLECT_101)
        moved.append(np.asarray(turned, dtype=np.uint8))
    return moved


def _pose(rng: Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return rng.normal(0, 0.02, 4)


def _mouth_out_of_step(faces: Sequence[Face], rng: Generator) -> list[Image]:
    """Each frame keeps its face and takes the mouth of a moment some frames away."""
    shift = int(rng.integers(1, max(2, len(faces))))
    seed = int(rng.integers(2**31))
    pictures = []
    for index, face in enumerate(faces):
        other = faces[(index + shift) % len(faces)]
        to_face = np.vstack([face.frame, [0, 0, 1]]) @ np.vstack([invert(other.frame), [0, 0, 1]])
        size = (face.picture.shape[1], face.picture.shape[0])
        source = cv2.warpAffine(other.picture, to_face[:2], size, borderMode=cv2.BORDER_REFLECT_101)
        mask = draw_mask("mouth", face.picture.shape[:2], face.frame, np.random.default_rng(seed))
        pictures.append(blend(face.picture, np.asarray(source, dtype=np.uint8), mask))
    return pictures
