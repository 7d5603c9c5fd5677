"""What a ranking is worth: ROC and precision-recall figures, of many weightings at one go.

A resample of files is a row of weights (how often each was drawn), so a bootstrap sorts once.
Every function takes ``weights``, R×N, and returns R values; NaN where a class has no weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmask.evaluation.ratios import ratio

Floats = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Ranking:
    """N scores with their labels (1 is manipulated), sorted from the highest down.

    ``last`` has the place of the last of each run of equal scores: equal scores pass a threshold
    together, so only there does a curve have points.
    """

    order: NDArray[np.intp]
    positive: NDArray[np.bool_]
    last: NDArray[np.intp]
    _counted: tuple[Floats, tuple[Floats, Floats]] | None = None

    @classmethod
    def of(cls, scores: Floats, labels: NDArray[np.int64]) -> Ranking:
        """Sort once. Infinite scores are allowed, NaN is not (ValueError)."""
        if np.isnan(scores).any():
            raise ValueError("a score that is NaN has no rank")
        order = np.argsort(-scores, kind="stable")
        ordered = scores[order]
        ends = np.ones(len(ordered), dtype=np.bool_)
        ends[:-1] = ordered[1:] != ordered[:-1]
        last = np.flatnonzero(ends)
        return cls(order, labels[order] == 1, last)

    def counts(self, weights: Floats) -> tuple[Floats, Floats]:
        """Weights of false and true positives at every distinct score, R×(1+K), from 0 up.

        The last answer is kept: several figures are made of one resample.
        """
        if self._counted is None or self._counted[0] is not weights:
            self._counted = weights, self._count(weights)
        return self._counted[1]

    def _count(self, weights: Floats) -> tuple[Floats, Floats]:
        sorted_ = weights[:, self.order]
        true = np.cumsum(sorted_ * self.positive, axis=1)[:, self.last]
        false = np.cumsum(sorted_ * ~self.positive, axis=1)[:, self.last]
        nothing = np.zeros((len(weights), 1))
        return np.hstack([nothing, false]), np.hstack([nothing, true])

    def rates(self, weights: Floats) -> tuple[Floats, Floats]:
        """False and true positive rate at every distinct score, R×(1+K), from (0, 0) to (1, 1)."""
        false, true = self.counts(weights)
        return ratio(false, false[:, -1:]), ratio(true, true[:, -1:])


def area(ranking: Ranking, weights: Floats) -> Floats:
    """AUC: the chance that a manipulated one scores above a real one, ties counting half.

    Mann and Whitney 1947; the area under the ROC curve with straight lines across ties.
    """
    fpr, tpr = ranking.rates(weights)
    found: Floats = np.sum(np.diff(fpr) * (tpr[:, 1:] + tpr[:, :-1]) / 2, axis=1)
    return found


def average_precision(ranking: Ranking, weights: Floats) -> Floats:
    """AP: precision at each distinct score, weighed by the recall gained there."""
    false, true = ranking.counts(weights)
    recall = ratio(true, true[:, -1:])
    passed = true + false
    precision = np.nan_to_num(ratio(true, passed))
    found: Floats = np.sum(np.diff(recall) * precision[:, 1:], axis=1)
    return np.where(false[:, -1] > 0, found, np.nan)


def equal_error(ranking: Ranking, weights: Floats) -> Floats:
    """EER: the rate at which as many real ones pass as manipulated ones do not.

    Where the ROC, with straight lines between its points, meets FPR = 1 − TPR.
    """
    fpr, tpr = ranking.rates(weights)
    excess = fpr + tpr - 1  # rises from −1 to 1
    after = np.argmax(excess >= 0, axis=1)
    rows = np.arange(len(fpr))
    low, high = excess[rows, after - 1], excess[rows, after]
    part = ratio(-low, high - low)
    start: Floats = fpr[rows, after - 1]
    found: Floats = start + part * (fpr[rows, after] - start)
    return found


def true_positives_at(
    ranking: Ranking, weights: Floats, false_positives: float, unseen: Floats | float = 0.0
) -> Floats:
    """TPR at an FPR of at most ``false_positives``, as a threshold on these scores can have it.

    No interpolation: with fewer than 1 / ``false_positives`` real ones it is the TPR without a
    single false positive. ``unseen`` is the weight, R of them or one, of real ones that would lie
    above all there are: up to their share of the FPR, the ROC is a straight line.
    """
    false, true = ranking.counts(weights)
    tpr = ratio(true, true[:, -1:])
    more = np.broadcast_to(np.asarray(unseen, dtype=np.float64), len(weights))[:, None]
    fpr = ratio(false + more, false[:, -1:] + more)
    allowed = fpr <= false_positives + 1e-12
    best = np.max(np.where(allowed, tpr, 0.0), axis=1)
    steep = np.max(np.where(false == 0, tpr, 0.0), axis=1)
    part = false_positives / np.maximum(fpr[:, 0], false_positives)
    best = np.maximum(best, part * steep)
    return np.where((false[:, -1] > 0) & (true[:, -1] > 0), best, np.nan)
