"""From logits to P(manipulated), with the parameters that travel in the model package.

Logistic calibration: Platt, "Probabilistic outputs for support vector machines", 1999.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from unmask.runtime.package import Calibration
from unmask.verdict.persistence import finite, median_logit


def sigmoid(logit: float) -> float:
    """1 / (1 + e^-x), 0 to 1, without overflow at either end."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    grown = math.exp(logit)
    return grown / (1.0 + grown)


def frame_probability(logit: float, calibration: Calibration) -> float:
    """P(manipulated) from one frame's logit alone."""
    return sigmoid(calibration.frame_scale * finite(logit) + calibration.frame_offset)


def clip_probability(logit: float, calibration: Calibration) -> float:
    """P(manipulated) from one clip's logit alone."""
    return sigmoid(calibration.clip_scale * finite(logit) + calibration.clip_offset)


def pooled_logit(frames: float, clip_logits: Sequence[float], calibration: Calibration) -> float:
    """``frame_weight`` × the frames' logit + (1 − ``frame_weight``) × median clip logit.

    ``frames`` is :func:`unmask.verdict.frames_logit` of them. ValueError without a clip. What fits
    the calibration of a package calls this too, so that what was fitted is what is served.
    """
    if not clip_logits:
        raise ValueError("pooling needs at least one clip")
    weight = calibration.frame_weight
    return weight * finite(frames) + (1.0 - weight) * median_logit(clip_logits)


def face_probability(
    frames: float, clip_logits: Sequence[float], calibration: Calibration, *, stretches: int
) -> float:
    """P(manipulated) for one face from the frames and clips that are fit to be used.

    ``frames`` is :func:`unmask.verdict.frames_logit` of them, ``stretches`` in how many stretches
    of the film they lie. Without a clip (a picture, or a face
    never seen in two neighbouring frames) the ``face`` parameters do not apply: they were fitted
    to a pooled logit, half of which is missing, and putting a zero or the frame logit in its place
    would pretend to evidence nobody has. The frames' logit then goes through the ``frame``
    parameters: for a picture exactly what they were fitted for; for several frames on the careful
    side, as together they have less noise and the single-frame slope does not yet credit that.
    """
    if clip_logits:
        pooled = pooled_logit(frames, clip_logits, calibration)
        scale, offset = calibration.line(stretches)
        return sigmoid(scale * pooled + offset)
    return frame_probability(frames, calibration)
