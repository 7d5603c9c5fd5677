"""One picture made to move by a smooth flow: what talking-head tools show instead of a film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.synthesis.colour import sharpen
from unmask.synthesis.masks import Matrix
from unmask.synthesis.poses import LANDMARKS, Points, Pose, posed, posed_frame
from unmask.synthesis.resampling import resample
from unmask.synthesis.warps import Field, Image, apply_field, mouth_field, thin_plate_field

_ANGLES = np.linspace(0, 2 * np.pi, 8, endpoint=False)
# Round the head, in the face's unit box.
_OUTLINE: Points = np.stack([0.5 + 0.46 * np.cos(_ANGLES), 0.5 + 0.58 * np.sin(_ANGLES)], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Animation:
    """A still after a move: as a network ``rendered`` it, and its own pixels ``warped``.

    Both have the still's size; ``frame`` is of the face as it lies now, elsewhere than before.
    """

    rendered: Image
    warped: Image
    frame: Matrix


def flow_animation(
    still: Image, small: Image, flow: NDArray[np.float16], frame: Matrix
) -> Animation:
    """Of what an animator drew: ``small`` S×S×3, and its ``flow`` h×w×2.

    The flow says where each place was taken from, as a displacement in shares of the side.
    """
    height, width = still.shape[:2]
    rendered = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(
        flow.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR
    ) * np.array([width, height], np.float32)
    warped = apply_field(still, fine.astype(np.float32))
    return Animation(np.asarray(rendered, dtype=np.uint8), warped, frame)


def bend(shape: tuple[int, int], points: Points, frame: Matrix, pose: Pose) -> tuple[Field, Points]:
    """The field that gives a face ``pose``, and where its landmarks 5×2 come to lie.

    A thin plate through them and through the outline of the head, which turns as a whole; the
    picture's border stays.
    """
    after = posed(points, frame, pose)
    whole = posed_frame(frame, pose)
    outline, moved = (_OUTLINE @ each[:, :2].T + each[:, 2] for each in (frame, whole))
    field = thin_plate_field(
        shape, np.concatenate([points, outline]), np.concatenate([after, moved])
    )
    return field, after


def plate_animation(still: Image, frame: Matrix, pose: Pose, rng: Generator) -> Animation:
    """Without an animator: the landmarks move as ``pose`` says, a thin plate carries the rest."""
    before = LANDMARKS @ frame[:, :2].T + frame[:, 2]
    field, _after = bend(still.shape[:2], before, frame, pose)
    warped = apply_field(still, field)
    rendered = resample(warped, 128 / max(128, *still.shape[:2]) * 0.9, rng)
    return Animation(rendered, warped, posed_frame(frame, pose))


def present(animation: Animation, rng: Generator) -> Image:
    """The rendering as it is, or as a better network than ours would have made it."""
    picture = animation.rendered
    if rng.random() < 0.6:
        share = float(rng.uniform(0.2, 0.7))
        mixed = cv2.addWeighted(picture, 1 - share, animation.warped, share, 0)
        picture = np.asarray(mixed, dtype=np.uint8)
    return sharpen(picture, float(rng.uniform(0.3, 1.2)), 1.2) if rng.random() < 0.3 else picture


def present_clip(animations: Sequence[Animation], rng: Generator) -> list[Image]:
    """A clip whose every frame is such a rendering, by one network; at times the mouth speaks."""
    seed = int(rng.integers(2**31))
    pictures = [present(each, np.random.default_rng(seed)) for each in animations]
    if rng.random() < 0.5:
        return pictures
    phase, rate = rng.uniform(0, 6.3), rng.uniform(0.5, 2.0)
    opening, widening = rng.uniform(0.01, 0.06), rng.normal(0, 0.015)
    spoken = []
    for index, (picture, each) in enumerate(zip(pictures, animations, strict=True)):
        swing = 0.5 + 0.5 * float(np.sin(phase + rate * index))
        field: Field = mouth_field(picture.shape[:2], each.frame, opening * swing, widening * swing)
        spoken.append(apply_field(picture, field))
    return spoken
