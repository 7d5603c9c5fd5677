"""Whether probabilities mean what they say. As in ``curves``: weights R×N in, R values out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmask.evaluation.ratios import ratio

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

BINS = 10
CLIP = 1e-6
"""Documents round probabilities to six decimals; a log-loss must not be infinite for that."""


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability plot: how many, their mean probability, the share manipulated."""

    count: int
    mean: float
    share: float


def brier(p: Floats, labels: Labels, weights: Floats) -> Floats:
    """Mean squared difference of probability and label, 0 (best) to 1. Brier 1950."""
    return _mean((p - labels) ** 2, weights)


def log_loss(p: Floats, labels: Labels, weights: Floats) -> Floats:
    """Mean −ln P(true label), in nats, probabilities kept ``CLIP`` from 0 and 1."""
    safe = np.clip(p, CLIP, 1 - CLIP)
    return _mean(-np.where(labels == 1, np.log(safe), np.log1p(-safe)), weights)


def calibration_error(p: Floats, labels: Labels, weights: Floats) -> Floats:
    """ECE: |mean probability − share manipulated| over ten bins of equal width, by their weight.

    Naeini et al. 2015, for P(manipulated). The last bin includes 1.
    """
    inside = bins(p)[:, None] == np.arange(BINS)  # N×B
    gaps = weights @ (inside * (p - labels)[:, None])  # R×B: weight of the bin × its gap
    return ratio(np.abs(gaps).sum(axis=1), weights.sum(axis=1))


def error_of_exact(p: Floats, *, draws: int, seed: int) -> Floats:
    """The ECE that these probabilities would have if they were exact: R values.

    Each time every label is drawn anew from its probability. Few files never have an ECE near 0,
    whatever scored them; what lies within the spread of this says nothing against a scorer
    (Bröcker and Smith, "Increasing the reliability of reliability diagrams", 2007).
    """
    rng = np.random.default_rng(seed)
    order = np.argsort(bins(p))
    ordered = p[order]
    starts = np.unique(bins(ordered), return_index=True)[1]
    found = np.empty(draws)
    for at in range(draws):  # one at a time: there may be a million files
        gaps = np.add.reduceat(ordered - (rng.random(len(p)) < ordered), starts)
        found[at] = np.abs(gaps).sum() / len(p)
    return found


def reliability(p: Floats, labels: Labels) -> list[Bin | None]:
    """The bins of :func:`calibration_error`, None where one is empty."""
    place = bins(p)
    found: list[Bin | None] = []
    for number in range(BINS):
        inside = place == number
        count = int(inside.sum())
        found.append(
            Bin(count, float(p[inside].mean()), float(labels[inside].mean())) if count else None
        )
    return found


def bins(p: Floats) -> NDArray[np.int64]:
    """The bin of each probability, 0 to ``BINS`` − 1. ValueError outside 0 to 1."""
    if len(p) and (float(p.min()) < 0 or float(p.max()) > 1):
        raise ValueError("a probability lies between 0 and 1")
    return np.minimum((p * BINS).astype(np.int64), BINS - 1)


def _mean(values: Floats, weights: Floats) -> Floats:
    return ratio(weights @ values, weights.sum(axis=1))
