"""Pseudo-fakes of one frame: each imitates a mechanism by which real tools change a face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.random import Generator

from unmask.synthesis.animation import Animation, plate_animation, present
from unmask.synthesis.colour import blend, match_colours, sharpen, shift_colours
from unmask.synthesis.masks import Mask, Matrix, Part, box_side, compose, draw_mask, invert
from unmask.synthesis.poses import draw_pose
from unmask.synthesis.resampling import checkerboard, resample, smooth
from unmask.synthesis.spectrum import match_spectrum
from unmask.synthesis.warps import Image, apply_field, mouth_field, move, smooth_field

Kind = Literal["self-blend", "swap", "render", "lip-sync", "resample", "animate"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A real face: the picture and the 2×3 matrix from the face's unit box to its pixels.

    ``renditions`` are reconstructions of the same picture by renderers, same size and place;
    ``animations`` are what animators make of it, each in its own pose.
    """

    picture: Image
    frame: Matrix
    renditions: tuple[Image, ...] = ()
    animations: tuple[Animation, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Forgery:
    """A pseudo-fake, and where it was changed: ``mask`` H×W float in 0…1."""

    picture: Image
    mask: Mask


def forge(kind: Kind, face: Face, donor: Face, rng: Generator) -> Forgery:
    """Make a pseudo-fake of ``face``; ``donor`` is another person's (used by swaps).

    A "render" or "lip-sync" of a face without renditions falls to resampling its own picture, an
    "animate" of one without animations to bending it.
    """
    return Forgery(*_FORGERS[kind](face, donor, rng))


def _self_blend(face: Face, _donor: Face, rng: Generator) -> tuple[Image, Mask]:
    """Shiohara & Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022."""
    part: Part = _pick(rng, {"face": 0.5, "inner": 0.25, "lower": 0.1, "eyes": 0.05, "mouth": 0.1})
    source, target = face.picture, face.picture
    changed = _retouch(source, rng)
    if rng.random() < 0.5:
        source = changed
    else:
        target = changed
    source = move(source, face.frame, rng, 0.02)
    if rng.random() < 0.5:
        shape = face.picture.shape[:2]
        amplitude = 0.006 * box_side(face.frame)
        source = apply_field(source, smooth_field(shape, rng, amplitude=amplitude))
    mask = draw_mask(part, face.picture.shape[:2], face.frame, rng)
    return blend(target, source, mask), mask


def _swap(face: Face, donor: Face, rng: Generator) -> tuple[Image, Mask]:
    """Another person's face, moved onto this one by similarity, colours matched, blended in."""
    part: Part = _pick(rng, {"face": 0.55, "inner": 0.45})
    shape = face.picture.shape[:2]
    to_face = compose(face.frame, invert(donor.frame))
    source_picture = donor.picture
    if donor.renditions and rng.random() < 0.5:
        source_picture = donor.renditions[int(rng.integers(len(donor.renditions)))]
    source = np.asarray(
        cv2.warpAffine(
            source_picture, to_face, (shape[1], shape[0]), borderMode=cv2.BORDER_REFLECT_101
        ),
        dtype=np.uint8,
    )
    if rng.random() < 0.4:
        source = resample(source, float(rng.uniform(0.3, 0.8)), rng)
    mask = draw_mask(part, shape, face.frame, rng)
    if rng.random() < 0.15:
        return _poisson(face.picture, source, mask), mask
    if rng.random() < 0.85:
        source = match_colours(source, face.picture, mask)
    return blend(face.picture, source, mask), mask


def _render(face: Face, donor: Face, rng: Generator) -> tuple[Image, Mask]:
    """A network's reconstruction in place of the face, of the whole crop, or of a box."""
    part: Part = _pick(rng, {"whole": 0.4, "face": 0.3, "inner": 0.1, "box": 0.2})
    source = _rendition(face, rng)
    if rng.random() < 0.5:  # an animator moves what it renders
        field = smooth_field(source.shape[:2], rng, amplitude=0.012 * box_side(face.frame))
        opening, widening = rng.normal(0, 0.03), rng.normal(0, 0.02)
        field = field + mouth_field(source.shape[:2], face.frame, opening, widening)
        source = apply_field(source, field)
    mask = draw_mask(part, face.picture.shape[:2], face.frame, rng)
    if rng.random() < 0.2:
        source = shift_colours(source, rng, 0.4)
    return blend(face.picture, source, mask), mask


def _lip_sync(face: Face, donor: Face, rng: Generator) -> tuple[Image, Mask]:
    """A re-rendered mouth of another opening, pasted back softly or as a box."""
    part: Part = _pick(rng, {"mouth": 0.5, "lower": 0.35, "inner": 0.15})
    source = _rendition(face, rng)
    shape = face.picture.shape[:2]
    opening = float(rng.choice([-1, 1]) * rng.uniform(0.0, 0.07))
    source = apply_field(source, mouth_field(shape, face.frame, opening, rng.normal(0, 0.02)))
    mask = draw_mask(part, shape, face.frame, rng)
    if rng.random() < 0.3:
        source = shift_colours(source, rng, 0.3)
    return blend(face.picture, source, mask), mask


def _resample(face: Face, _donor: Face, rng: Generator) -> tuple[Image, Mask]:
    """A part of the face at another resolution than the rest, at times with a generator's grid."""
    part: Part = _pick(rng, {"face": 0.35, "inner": 0.25, "mouth": 0.2, "lower": 0.2})
    source = resample(face.picture, float(rng.uniform(0.25, 0.65)), rng)
    if rng.random() < 0.4:
        source = smooth(source, rng)
    if rng.random() < 0.4:
        source = sharpen(source, float(rng.uniform(0.5, 1.5)), 1.5)
    if rng.random() < 0.4:
        source = checkerboard(source, rng, int(rng.choice([2, 3, 4, 8])))
    mask = draw_mask(part, face.picture.shape[:2], face.frame, rng)
    return blend(face.picture, source, mask), mask


def _animate(face: Face, _donor: Face, rng: Generator) -> tuple[Image, Mask]:
    """The face as an animator draws it in another pose, carried back to where the face is.

    The whole crop, as tools that show their canvas, or pasted back, as tools that work on a crop.
    """
    part: Part = _pick(rng, {"whole": 0.5, "face": 0.3, "box": 0.2})
    if face.animations:
        moved = face.animations[int(rng.integers(len(face.animations)))]
    else:
        moved = plate_animation(face.picture, face.frame, draw_pose(rng), rng)
    source = present(moved, rng)
    height, width = face.picture.shape[:2]
    back = compose(face.frame, invert(moved.frame))
    source = np.asarray(
        cv2.warpAffine(source, back, (width, height), borderMode=cv2.BORDER_REFLECT_101), np.uint8
    )
    if rng.random() < 0.4:
        opening, widening = rng.normal(0, 0.03), rng.normal(0, 0.015)
        source = apply_field(source, mouth_field((height, width), face.frame, opening, widening))
    mask = draw_mask(part, (height, width), face.frame, rng)
    if part != "whole" and rng.random() < 0.5:
        source = match_colours(source, face.picture, mask)
    return blend(face.picture, source, mask), mask


_FORGERS: dict[Kind, Callable[[Face, Face, Generator], tuple[Image, Mask]]] = {
    "self-blend": _self_blend,
    "swap": _swap,
    "render": _render,
    "lip-sync": _lip_sync,
    "resample": _resample,
    "animate": _animate,
}


def _pick(rng: Generator, weights: dict[Part, float]) -> Part:
    parts = list(weights)
    return parts[int(rng.choice(len(parts), p=np.array(list(weights.values()))))]


def _retouch(picture: Image, rng: Generator) -> Image:
    """A slightly different copy of the same picture: colour, then sharpness or resolution."""
    changed = shift_colours(picture, rng, 0.6)
    if rng.random() < 0.5:
        return sharpen(changed, float(rng.uniform(0.2, 0.8)))
    return resample(changed, float(rng.uniform(0.4, 0.9)), rng)


def _rendition(face: Face, rng: Generator) -> Image:
    """One reconstruction: as sharp as the original, fainter, or as it was drawn.

    At times sharpened once more, as super-resolution does. Were it always softer than the real
    picture, softness is all that would be learnt.
    """
    if not face.renditions:
        return resample(face.picture, float(rng.uniform(0.25, 0.6)), rng)
    source = face.renditions[int(rng.integers(len(face.renditions)))]
    choice = rng.random()
    if choice < 0.5:
        source = match_spectrum(source, face.picture)
    elif choice < 0.8:  # a better network than ours: fainter marks, no general softness
        share = float(rng.uniform(0.2, 0.6))
        source = np.asarray(cv2.addWeighted(source, 1 - share, face.picture, share, 0), np.uint8)
    if rng.random() < 0.3:
        source = sharpen(source, float(rng.uniform(0.3, 1.2)), 1.2)
    return source


def _poisson(target: Image, source: Image, mask: Mask) -> Image:
    """Pérez et al., "Poisson Image Editing", 2003, over the mask's inside."""
    hard = (mask > 0.4).astype(np.uint8) * 255
    hard[:2], hard[-2:], hard[:, :2], hard[:, -2:] = 0, 0, 0, 0
    x, y, width, height = cv2.boundingRect(hard)
    if width < 8 or height < 8:
        return blend(target, source, mask)
    centre = (x + width // 2, y + height // 2)
    inside = hard[:, :, None] > 0  # the call changes the mask it is given
    cloned = cv2.seamlessClone(source, target, hard, centre, cv2.NORMAL_CLONE)
    # It solves over the mask's bounding box and drifts by a grey level or two round the mask.
    return np.where(inside, np.asarray(cloned, dtype=np.uint8), target)
