"""Two detectors on the same files, at their thresholds: who calls what manipulated?

An AUC speaks of all thresholds at once. Of two detectors with the same, one may accuse twice as
many real files where it is used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from unmask.core.analysis import Thresholds
from unmask.evaluation.bootstrap import Floats
from unmask.evaluation.cases import Case, labels_of
from unmask.evaluation.figures import Drawing
from unmask.evaluation.ratios import ratio
from unmask.evaluation.report import Disagreement


def mcnemar(one: int, other: int) -> float:
    """P of counts as unlike as these, or more so, if both were as likely. Exact, two-sided.

    McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 1947.
    """
    both = one + other
    ways = (math.lgamma(both + 1) - math.lgamma(k + 1) - math.lgamma(both - k + 1)
            for k in range(min(one, other) + 1))  # fmt: skip
    return min(1.0, 2 * math.fsum(math.exp(way - both * math.log(2)) for way in ways))


def disagreements(
    here: Sequence[Case],
    there: Sequence[Case],
    thresholds: tuple[Thresholds, Thresholds],
    drawing: Drawing,
) -> tuple[Disagreement, ...]:
    """The real files, then the manipulated: the same, in the same order, with both's scores.

    ``thresholds`` are those of each. Nothing where a score is no probability: at which would it
    be called manipulated?
    """
    if not all(_decided(case) for case in (*here, *there)):
        return ()
    return tuple(
        _of_class(
            label,
            [(one, other) for one, other in zip(here, there, strict=True) if one.label == label],
            thresholds,
            drawing,
        )
        for label in (0, 1)
    )


def _decided(case: Case) -> bool:
    score = case.row.score
    return bool(case.row.verdict) or (score is not None and 0 <= score <= 1)


def _of_class(
    label: int,
    pairs: Sequence[tuple[Case, Case]],
    thresholds: tuple[Thresholds, Thresholds],
    drawing: Drawing,
) -> Disagreement:
    called = np.array(
        [
            [case.decision(by) == "manipulated" for case, by in zip(pair, thresholds, strict=True)]
            for pair in pairs
        ],
        dtype=np.float64,
    )  # N×2
    beyond = called[:, 0] - called[:, 1]

    def share(weights: Floats) -> Floats:
        return ratio(weights @ beyond, weights.sum(axis=1))

    here = [case for case, _ in pairs]
    groups = [case.group for case in here]
    drawn = drawing.draw({"difference": share}, groups, labels_of(here))["difference"]
    alone, other = int(np.sum(beyond > 0)), int(np.sum(beyond < 0))
    return Disagreement(
        label=1 if label else 0,
        files=len(pairs),
        here_alone=alone,
        there_alone=other,
        difference=drawn.figure("difference"),
        p=mcnemar(alone, other),
        p_over_groups=drawn.chance(),
    )
