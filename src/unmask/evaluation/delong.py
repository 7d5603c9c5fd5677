"""Two detectors on the same files: is the one's AUC higher than the other's?

DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver
operating characteristic curves", Biometrics 1988. It takes files as independent; the interval
over source groups beside it does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError
from unmask.evaluation.cases import Case, labels_of, scores_of
from unmask.evaluation.curves import Ranking, area
from unmask.evaluation.disagreeing import disagreements
from unmask.evaluation.figures import Drawing
from unmask.evaluation.limits import Z
from unmask.evaluation.report import Comparison

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Paired:
    """AUCs and the standard error of their difference; ``z`` None where that is 0."""

    auc: float
    other: float
    error: float

    @property
    def difference(self) -> float:
        """The first less the second."""
        return self.auc - self.other

    @property
    def z(self) -> float | None:
        """The difference in standard errors."""
        return self.difference / self.error if self.error > 0 else None

    @property
    def p(self) -> float | None:
        """Two-sided, of no difference."""
        if self.z is not None:
            return math.erfc(abs(self.z) / math.sqrt(2))
        return 1.0 if self.difference == 0 else None


def delong(one: Floats, other: Floats, labels: Labels) -> Paired:
    """Compare two detectors' scores of the same N files. ValueError without two of each class."""
    positive = labels == 1
    if min(int(positive.sum()), int((~positive).sum())) < 2:
        raise ValueError("DeLong's test needs two files of each class")
    placed = [_placements(scores[positive], scores[~positive]) for scores in (one, other)]
    fakes = np.stack([of_fakes for of_fakes, _ in placed])  # 2×P
    reals = np.stack([of_reals for _, of_reals in placed])  # 2×Q
    covariance = np.cov(fakes) / fakes.shape[1] + np.cov(reals) / reals.shape[1]
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    auc, second = fakes.mean(axis=1)
    # What rounding leaves of a variance of nothing is nothing.
    error = math.sqrt(variance) if variance > 1e-15 else 0.0
    return Paired(float(auc), float(second), error)


def _placements(fakes: Floats, reals: Floats) -> tuple[Floats, Floats]:
    """For each, the share of the other class on its right side, ties counting half."""
    ordered_reals, ordered_fakes = np.sort(reals), np.sort(fakes)
    below = np.searchsorted(ordered_reals, fakes, "left")
    up_to = np.searchsorted(ordered_reals, fakes, "right")
    of_fakes = (below + up_to) / 2 / len(reals)
    below = np.searchsorted(ordered_fakes, reals, "left")
    up_to = np.searchsorted(ordered_fakes, reals, "right")
    of_reals = 1 - (below + up_to) / 2 / len(fakes)
    return of_fakes, of_reals


def compare(
    cases: Sequence[Case],
    others: Sequence[Case],
    name: str,
    drawing: Drawing,
    thresholds: tuple[Thresholds, Thresholds],
) -> Comparison:
    """``others`` are the same files, in the same order, with another detector's scores.

    ``thresholds`` are those of each. :class:`DataError` where too few files have both.
    """
    both = [
        (mine, theirs)
        for mine, theirs in zip(cases, others, strict=True)
        if mine.row.score is not None and theirs.row.score is not None
    ]
    first, second = [one for one, _ in both], [other for _, other in both]
    labels, scores, their = labels_of(first), scores_of(first), scores_of(second)
    try:
        paired = delong(scores, their, labels)
    except ValueError as error:
        raise DataError(
            f"only {len(both)} files are scored by both, too few to compare with {name}",
            hint="the other scores must be of the same files",
        ) from error
    one, other = Ranking.of(scores, labels), Ranking.of(their, labels)
    groups = [case.group for case in first]
    drawn = drawing.draw({"difference": lambda w: area(one, w) - area(other, w)}, groups, labels)[
        "difference"
    ]
    reach = Z * paired.error
    return Comparison(
        name=name,
        files=len(both),
        left_out=len(cases) - len(both),
        auc=round(paired.auc, 6),
        other_auc=round(paired.other, 6),
        difference=drawn.figure("difference"),
        delong_low=round(paired.difference - reach, 6),
        delong_high=round(paired.difference + reach, 6),
        z=None if paired.z is None else round(paired.z, 4),
        p=paired.p,
        p_over_groups=drawn.chance(),
        disagreements=disagreements(first, second, thresholds, drawing),
    )
