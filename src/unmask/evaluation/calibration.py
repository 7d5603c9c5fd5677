"""From logits to probabilities that mean what they say, and the thresholds on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError

Scores = NDArray[np.float64]
Labels = NDArray[np.int64]
_STEPS = 1000
_CEILING = 0.999


def fit_platt(logits: Scores, labels: Labels) -> tuple[float, float]:
    """Scale (> 0) and offset of ``sigmoid(scale × logit + offset)``, both classes weighing alike.

    Platt, "Probabilistic Outputs for Support Vector Machines", 1999, with its softened targets and
    Newton steps. Raises :class:`DataError` when a class is absent.
    """
    # About their middle and in their own spread: logits far from 0, or very close together, would
    # lie further from where the steps begin than these reach.
    middle, spread = float(logits.mean()), _spread(logits - logits.mean())
    apart = (logits - middle) / spread
    theta = _newton(np.stack([apart, np.ones_like(apart)], axis=1), labels, np.array([1.0, 0.0]))
    scale = float(theta[0]) / spread
    return scale, float(theta[1]) - scale * middle


def rises(logits: Scores, labels: Labels) -> bool:
    """Whether the logits rise with manipulation, so that :func:`fit_platt` finds a scale.

    The slope of a logistic regression with an offset has the sign of the covariance.
    """
    return bool(logits[labels == 1].mean() > logits[labels == 0].mean())


def fit_temperature(logits: Scores, labels: Labels) -> tuple[float, float]:
    """The scale (1 / temperature, > 0) alone, and 0.0. Guo et al. 2017. Else as Platt's."""
    spread = _spread(logits)
    theta = _newton(logits[:, None] / spread, labels, np.array([1.0]))
    return float(theta[0]) / spread, 0.0


def _spread(values: Scores) -> float:
    """Of values about 0; 1 where they are all 0, of which nothing can be learnt anyway."""
    return float(np.sqrt(np.mean(values**2))) or 1.0


def _newton(design: Scores, labels: Labels, theta: Scores) -> Scores:
    """Logistic regression by Newton's method; the first column of N×k is the logit."""
    positive = labels == 1
    counts = int(positive.sum()), int((~positive).sum())
    if min(counts) == 0:
        raise DataError("calibration needs manipulated and real examples")
    target = np.where(positive, (counts[0] + 1) / (counts[0] + 2), 1 / (counts[1] + 2))
    weight = np.where(positive, 0.5 / counts[0], 0.5 / counts[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ theta, -60, 60)))
        gradient = design.T @ (weight * (p - target))
        curvature = (design * (weight * p * (1 - p))[:, None]).T @ design
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(theta)), gradient)
        theta = theta - np.clip(step, -1, 1)
        if float(np.abs(step).max()) < 1e-9:
            break
    else:
        raise DataError(f"no calibration was found for these scores in {_STEPS} steps")
    if theta[0] <= 0:
        raise DataError("the scores do not rise with manipulation: nothing can be calibrated")
    return theta


def choose_thresholds(real: Scores, *, false_positives: float, low: float) -> Thresholds:
    """``high`` so that at most ``false_positives`` of the real probabilities reach it.

    From 0.5 to 0.999, to three digits: where even that lets too many pass, the model tells too
    little apart for the promise to be kept. ``low`` is given: below it a file counts as showing no
    manipulation. Whatever lies between is inconclusive.
    """
    if len(real) == 0:
        raise DataError("thresholds need real examples")
    ordered = np.sort(real)
    allowed = _allowed(false_positives, len(real))
    quantile = float(ordered[len(real) - 1 - allowed]) if allowed < len(real) else 0.0
    above = (np.floor(quantile * 1000 + 1e-9) + 1) / 1000  # the first of three digits above it
    high = float(min(_CEILING, max(0.5, above)))
    return Thresholds(low=min(low, high), high=high)


def choose_low(manipulated: Scores, *, misses: float) -> float:
    """The highest ``low``, at most ½, under which at most ``misses`` of these probabilities lie."""
    if len(manipulated) == 0:
        raise DataError("thresholds need manipulated examples")
    ordered = np.sort(manipulated)
    allowed = min(_allowed(misses, len(ordered)), len(ordered) - 1)
    return float(np.floor(min(0.5, ordered[allowed]) * 1000) / 1000)


def _allowed(share: float, count: int) -> int:
    """How many of so many are at most this share. In binary 0.29 × 100 is a little under 29."""
    return int(np.floor(share * count + 1e-9))
