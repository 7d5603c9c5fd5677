"""From logits to P(manipulated), with the parameters that travel in the model package.

Logistic calibration: Platt, "Probabilistic outputs for support vector machines", 1999.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from unmask.core.errors import ModelInvalid
from unmask.runtime.package import Calibration


def sigmoid(logit: float) -> float:
    """1 / (1 + e^-x), 0 to 1, without overflow at either end."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    grown = math.exp(logit)
    return grown / (1.0 + grown)


def frame_probability(logit: float, calibration: Calibration) -> float:
    """P(manipulated) from one frame's logit alone."""
    return sigmoid(calibration.frame_scale * _number(logit) + calibration.frame_offset)


def clip_probability(logit: float, calibration: Calibration) -> float:
    """P(manipulated) from one clip's logit alone."""
    return sigmoid(calibration.clip_scale * _number(logit) + calibration.clip_offset)


def pooled_logit(
    frame_logits: Sequence[float], clip_logits: Sequence[float], calibration: Calibration
) -> float:
    """``frame_weight`` × median frame logit + (1 − ``frame_weight``) × median clip logit.

    The median, for a face turning away or blurred by its own motion stands out for a few frames,
    and what is manipulated all along stands out in most.

    Neither sequence may be empty (ValueError). What fits the calibration of a package calls this
    too, so that what was fitted is what is served.
    """
    if not frame_logits or not clip_logits:
        raise ValueError("pooling needs at least one frame and one clip")
    weight = calibration.frame_weight
    return weight * median_logit(frame_logits) + (1.0 - weight) * median_logit(clip_logits)


def face_probability(
    frame_logits: Sequence[float], clip_logits: Sequence[float], calibration: Calibration
) -> float:
    """P(manipulated) for one face from the frames and clips that are fit to be used.

    Without a clip (a picture, or a face never seen in two neighbouring frames) the ``face``
    parameters do not apply: they were fitted to a pooled logit, half of which is missing, and
    putting a zero or the frame logit in its place would pretend to evidence nobody has. The
    median frame logit then goes through the ``frame`` parameters: for a picture exactly what they
    were fitted for; for several frames on the careful side, as their median has less noise and the
    single-frame slope does not yet credit that.
    """
    if clip_logits:
        pooled = pooled_logit(frame_logits, clip_logits, calibration)
        return sigmoid(calibration.face_scale * pooled + calibration.face_offset)
    if not frame_logits:
        raise ValueError("a face without a usable frame has no probability")
    return frame_probability(median_logit(frame_logits), calibration)


def median_logit(logits: Sequence[float]) -> float:
    """The middle one of at least one logit, or the mean of the two in the middle."""
    return statistics.median(_number(logit) for logit in logits)


def _number(logit: float) -> float:
    """Failure is never a score: a network that answers NaN or infinity has failed."""
    if not math.isfinite(logit):
        raise ModelInvalid(
            f"the model answered {logit} instead of a finite logit",
            hint="try --device cpu, or verify the package with 'unmask models'",
        )
    return float(logit)
