"""Confidence intervals by drawing whole groups of files again.

Files of one source resemble each other, so a second one tells less than a file of another source
would. Groups are drawn with replacement and all their files with them: the cluster bootstrap,
percentile intervals (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, 3.8).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from unmask.evaluation.report import Figure

Floats = NDArray[np.float64]
Metric = Callable[[Floats], Floats]

RESAMPLES = 2000
CONFIDENCE = 0.95
_CELLS = 2_000_000  # of weights held at a time


def number(groups: Sequence[str]) -> NDArray[np.int64]:
    """The groups' names as numbers from 0."""
    return np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)[1].astype(np.int64)


def resamples(groups: NDArray[np.int64], *, count: int, seed: int) -> Iterator[Floats]:
    """``count`` weightings of the N members of ``groups``, a few rows of R×N at a time."""
    rng = np.random.default_rng(seed)
    kinds = int(groups.max()) + 1
    rows = max(1, _CELLS // max(len(groups), kinds))
    while count > 0:
        now = min(rows, count)
        drawn = rng.multinomial(kinds, np.full(kinds, 1 / kinds), size=now)
        yield drawn[:, groups].astype(np.float64)
        count -= now


def measure(
    metrics: Mapping[str, Metric],
    groups: NDArray[np.int64],
    *,
    count: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Figure]:
    """Each metric of the whole, with its interval over resampled groups.

    A resample in which a metric is undefined (a class was not drawn) is left out; where that are
    more than half, or there is but one group, there is no interval.
    """
    if not len(groups):
        return {name: Figure(value=None, low=None, high=None) for name in metrics}
    whole = np.ones((1, len(groups)))
    values = {name: float(metric(whole)[0]) for name, metric in metrics.items()}
    drawn: dict[str, list[Floats]] = {name: [] for name in metrics}
    if len(set(groups.tolist())) > 1:
        for weights in resamples(groups, count=count, seed=seed):
            for name, metric in metrics.items():
                drawn[name].append(metric(weights))
    return {name: _figure(values[name], drawn[name], count) for name in metrics}


def spread(drawn: Floats) -> Figure:
    """The mean of what was drawn, and the interval in which most of it lies."""
    return _between(float(drawn.mean()), drawn)


def wilson(hits: int, count: int, worth: float | None = None) -> Figure:
    """A share with its interval by Wilson 1927, which holds for few and for none.

    ``worth`` says for how many independent ones the ``count`` stand, None for as many.
    """
    if not count:
        return Figure(value=None, low=None, high=None)
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share, n = hits / count, count if worth is None else worth
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n)
    reach *= math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if not hits else middle - reach
    high = 1.0 if hits == count else middle + reach
    return Figure(value=round(share, 6), low=round(low, 6), high=round(high, 6))


def share_of_groups(hits: NDArray[np.bool_], groups: Sequence[str]) -> Figure:
    """The share of N files that are hits, Wilson's interval for what their groups are worth.

    The files of one group repeat each other: N is divided by how much more the share varies over
    groups than it would over as many single files (Kish, "Survey Sampling", 1965, 8.2).
    """
    return wilson(int(hits.sum()), len(hits), _worth(hits, groups) if len(hits) else None)


def _worth(hits: NDArray[np.bool_], groups: Sequence[str]) -> float:
    """Between one and as many as there are; where all are alike, as many as there are groups."""
    numbers, share, count = number(groups), float(hits.mean()), len(hits)
    kinds = int(numbers.max()) + 1
    if kinds in (1, count) or share in (0.0, 1.0):
        return float(kinds)
    beside = np.bincount(numbers, hits - share)  # of each group, its hits beyond the usual
    over_groups = float(np.sum(beside**2)) * kinds / (kinds - 1) / count
    return min(max(share * (1 - share) * count / max(over_groups, 1e-12), 1.0), float(count))


def _figure(value: float, drawn: Sequence[Floats], count: int) -> Figure:
    if not np.isfinite(value):
        return Figure(value=None, low=None, high=None)
    found = np.concatenate(drawn) if drawn else np.empty(0)
    found = found[np.isfinite(found)]
    if not count or len(found) < max(2, count / 2):
        return Figure(value=_tidy(value), low=None, high=None)
    return _between(value, found)


def _between(value: float, drawn: Floats) -> Figure:
    rest = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [rest, 1 - rest])
    return Figure(value=_tidy(value), low=_tidy(float(low)), high=_tidy(float(high)))


def _tidy(value: float) -> float:
    return round(value, 6)
