"""A table's cells: how well scores tell files apart, all together and family by family."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmask.evaluation.curves import Ranking, area
from unmask.evaluation.figures import Drawing
from unmask.evaluation.report import Figure

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Names = NDArray[np.str_]


def kinds_of(labels: Labels, families: Names) -> list[str]:
    """The families of the manipulated files, in the order of :func:`areas`."""
    return sorted(set(families[labels == 1].tolist()))


def areas(scores: Floats, labels: Labels, families: Names, methods: Names) -> list[str]:
    """AUC of all files with its 95 % interval over methods, then of each family beside all real.

    Files whose score is NaN are left out. A dash stands for what too few files or methods do not
    say.
    """
    known = np.isfinite(scores)
    ranking = Ranking.of(scores[known], labels[known])
    found = Drawing().measure(
        {"auc": lambda weights: area(ranking, weights)}, methods[known].tolist(), labels[known]
    )["auc"]
    cells = [_cell(found)]
    for kind in kinds_of(labels, families):
        among = known & ((labels == 0) | (families == kind))
        own = Ranking.of(scores[among], labels[among])
        both = len(set(labels[among].tolist())) == 2
        value = float(area(own, np.ones((1, int(among.sum()))))[0])
        cells.append(f"{value:.2f}" if both else "–")
    return cells


def _cell(found: Figure) -> str:
    if found.value is None:
        return "–"
    if found.low is None or found.high is None:
        return f"{found.value:.3f} [–]"
    return f"{found.value:.3f} [{found.low:.2f}, {found.high:.2f}]"
