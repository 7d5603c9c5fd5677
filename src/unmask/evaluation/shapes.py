"""What plots are drawn from: ROC curves, histograms, reliability bins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unmask.evaluation import probabilities
from unmask.evaluation.cases import Case, labels_of, scored, scores_of
from unmask.evaluation.curves import Ranking
from unmask.evaluation.figures import frames_of
from unmask.evaluation.report import Curve, HistogramBin, Level, ReliabilityBin

_MOST_POINTS = 400
_BARS = 20


def roc_curves(cases: Sequence[Case]) -> tuple[Curve, ...]:
    """Of files and, where frames have scores, of frames."""
    kept = scored(cases)
    found = [_roc("video", scores_of(kept), labels_of(kept))]
    scores, labels, files = frames_of(cases)
    if len({case.label for case in files}) > 1:
        found.append(_roc("frame", scores, labels))
    return tuple(found)


def _roc(level: Level, scores: NDArray[np.float64], labels: NDArray[np.int64]) -> Curve:
    fpr, tpr = (x[0] for x in Ranking.of(scores, labels).rates(np.ones((1, len(scores)))))
    # A point on a straight line between its neighbours shows nothing.
    turn = np.diff(fpr[:-1]) * np.diff(tpr[1:]) != np.diff(tpr[:-1]) * np.diff(fpr[1:])
    corners = np.flatnonzero(np.concatenate([[True], turn, [True]]))
    if len(corners) > _MOST_POINTS:
        corners = corners[np.linspace(0, len(corners) - 1, _MOST_POINTS).round().astype(int)]
    return Curve(
        level=level,
        fpr=tuple(fpr[corners].round(5).tolist()),
        tpr=tuple(tpr[corners].round(5).tolist()),
    )


def histogram(cases: Sequence[Case], *, calibrated: bool) -> tuple[HistogramBin, ...]:
    """Twenty bins of equal width, from 0 to 1 or over the range that the scores have."""
    kept = scored(cases)
    scores, labels = scores_of(kept), labels_of(kept)
    ends = (0.0, 1.0) if calibrated else (float(scores.min()), float(scores.max()))
    real, edges = np.histogram(scores[labels == 0], _BARS, ends)
    fake, _ = np.histogram(scores[labels == 1], _BARS, ends)
    return tuple(
        HistogramBin(
            low=round(float(edges[at]), 6),
            high=round(float(edges[at + 1]), 6),
            real=int(real[at]),
            manipulated=int(fake[at]),
        )
        for at in range(_BARS)
    )


def reliability_bins(cases: Sequence[Case]) -> tuple[ReliabilityBin, ...]:
    """The bins of the reliability plot. Scores must be probabilities."""
    kept = scored(cases)
    found = probabilities.reliability(scores_of(kept), labels_of(kept))
    width = 1 / probabilities.BINS
    return tuple(
        ReliabilityBin(
            low=round(at * width, 6),
            high=round((at + 1) * width, 6),
            files=one.count if one else 0,
            mean=round(one.mean, 6) if one else None,
            share=round(one.share, 6) if one else None,
        )
        for at, one in enumerate(found)
    )
