"""Confidence intervals by drawing whole groups of files again.

Files of one source resemble each other, so a second one tells less than a file of another source
would. Groups are drawn with replacement and all their files with them: the cluster bootstrap
(Davison and Hinkley, "Bootstrap Methods and their Application", 1997, 3.8). What it draws gives
standard errors; ``limits`` makes intervals of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmask.evaluation.limits import CONFIDENCE, Scale, around, chance, degrees, wilson
from unmask.evaluation.report import Figure

Floats = NDArray[np.float64]
Metric = Callable[[Floats], Floats]

RESAMPLES = 2000
_CELLS = 2_000_000  # of weights held at a time


def number(groups: Sequence[str]) -> NDArray[np.int64]:
    """The groups' names as numbers from 0."""
    return np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)[1].astype(np.int64)


def resamples(groups: NDArray[np.int64], *, count: int, seed: int) -> Iterator[Floats]:
    """``count`` weightings of the N members of ``groups``, a few rows of R×N at a time."""
    rng, kinds = np.random.default_rng(seed), int(groups.max()) + 1
    for now in _batches(count, max(len(groups), kinds)):
        drawn = rng.multinomial(kinds, np.full(kinds, 1 / kinds), size=now)
        yield drawn[:, groups].astype(np.float64)


def _batches(count: int, width: int) -> Iterator[int]:
    """``count`` in parts that can be held as rows of ``width``."""
    rows = max(1, _CELLS // width)
    for start in range(0, count, rows):
        yield min(rows, count - start)


def with_unseen(
    groups: NDArray[np.int64], labels: NDArray[np.int64], *, count: int, seed: int
) -> Iterator[tuple[Floats, Floats]]:
    """Weightings of the N files, R×N at a time, and R weights of real files that nobody has seen.

    A resample holds no real file above the highest there is, so that what it says of a threshold
    which hardly any of them reach flatters. In Rubin's Bayesian bootstrap (1981) each group has a
    weight by the exponential distribution, and so may a group that was not drawn: of as many files
    as the root of what a group of real files has, which is between one (files of a group are as
    different as any) and all (they are alike).
    """
    rng, kinds = np.random.default_rng(seed), int(groups.max()) + 1
    real = groups[labels == 0]
    size = math.sqrt(len(real) / max(len(np.unique(real)), 1))
    for now in _batches(count, max(len(groups), kinds)):
        yield rng.exponential(size=(now, kinds))[:, groups], rng.exponential(size, size=now)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A figure of all files, and what the resamples in which it is defined make of it.

    ``resamples`` is None where they say too little for an interval. ``degrees`` of freedom are
    those of their spread.
    """

    value: float
    resamples: Floats | None = None
    degrees: float = 0.0

    def figure(self, scale: Scale) -> Figure:
        """With its interval, on this scale."""
        if not np.isfinite(self.value):
            return Figure(value=None, low=None, high=None)
        limits = None
        if self.resamples is not None:
            limits = around(self.value, self.resamples, self.degrees, scale)
        low, high = (None, None) if limits is None else map(_tidy, limits)
        return Figure(value=_tidy(self.value), low=low, high=high)

    def chance(self) -> float | None:
        """P of a difference as large if there were none; None where resamples do not say."""
        if self.resamples is None:
            return None
        return chance(self.value, self.resamples, self.degrees)


class _Told:
    """What resamples make of one metric, and how much each group's being drawn has to do with it.

    By that (the infinitesimal jackknife for the bootstrap, Efron 2014, less its own noise, Wager
    et al. 2014) a variance is parted into what real files and what manipulated ones bring to it.
    """

    def __init__(self, kinds: int) -> None:
        self._values: list[Floats] = []
        self._counts, self._products = np.zeros(kinds), np.zeros(kinds)

    def hear(self, values: Floats, counts: Floats) -> None:
        """``values`` of R resamples, in which each group was drawn ``counts`` times, R×K."""
        known = np.isfinite(values)
        self._values.append(values[known])
        self._counts += counts[known].sum(axis=0)
        self._products += values[known] @ counts[known]

    def of(self, value: float, manipulated: NDArray[np.bool_], count: int) -> Drawn:
        """``manipulated`` says of each of K groups whether it has such files."""
        drawn = np.concatenate(self._values) if self._values else np.empty(0)
        if not count or len(drawn) < max(2, count / 2):
            return Drawn(value)
        influence = (self._products - drawn.mean() * self._counts) / len(drawn)
        noise = drawn.var() / len(drawn)
        sides = [influence[manipulated == side] for side in (False, True)]
        real, fake = (max(float(np.sum(one**2 - noise)), 0.0) for one in sides)
        return Drawn(value, drawn, degrees((len(sides[0]), len(sides[1])), (real, fake)))


def draw(
    metrics: Mapping[str, Metric],
    groups: NDArray[np.int64],
    labels: NDArray[np.int64],
    *,
    count: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Drawn]:
    """Each metric of the whole and of resampled groups, of N files with these labels.

    A resample in which a metric is undefined (a class was not drawn) is left out; where that are
    more than half, or there is but one group, they say nothing.
    """
    if not len(groups):
        return {name: Drawn(math.nan) for name in metrics}
    whole, first = np.ones((1, len(groups))), np.unique(groups, return_index=True)[1]
    told = {name: _Told(len(first)) for name in metrics}
    if len(first) < 2:
        count = 0
    for weights in resamples(groups, count=count, seed=seed):
        for name, metric in metrics.items():
            told[name].hear(metric(weights), weights[:, first])
    manipulated = np.bincount(groups, labels == 1) > 0
    return {
        name: told[name].of(float(metric(whole)[0]), manipulated, count)
        for name, metric in metrics.items()
    }


def spread(drawn: Floats) -> Figure:
    """The mean of what was drawn, and the interval in which most of it lies."""
    rest = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [rest, 1 - rest])
    return Figure(value=_tidy(float(drawn.mean())), low=_tidy(float(low)), high=_tidy(float(high)))


def share_of(hits: int, count: int, worth: float | None = None) -> Figure:
    """A share with its interval by Wilson.

    ``worth`` says for how many independent ones the ``count`` stand, None for as many.
    """
    if not count:
        return Figure(value=None, low=None, high=None)
    low, high = wilson(hits / count, count if worth is None else worth)
    return Figure(value=_tidy(hits / count), low=_tidy(low), high=_tidy(high))


def share_of_groups(hits: NDArray[np.bool_], groups: Sequence[str]) -> Figure:
    """The share of N files that are hits, Wilson's interval for what their groups are worth.

    The files of one group repeat each other: N is divided by how much more the share varies over
    groups than it would over as many single files (Kish, "Survey Sampling", 1965, 8.2).
    """
    return share_of(int(hits.sum()), len(hits), _worth(hits, groups) if len(hits) else None)


def _worth(hits: NDArray[np.bool_], groups: Sequence[str]) -> float:
    """Between one and as many as there are; where all are alike, as many as there are groups."""
    numbers, share, count = number(groups), float(hits.mean()), len(hits)
    kinds = int(numbers.max()) + 1
    if kinds in (1, count) or share in (0.0, 1.0):
        return float(kinds)
    beside = np.bincount(numbers, hits - share)  # of each group, its hits beyond the usual
    over_groups = float(np.sum(beside**2)) * kinds / (kinds - 1) / count
    return min(max(share * (1 - share) * count / max(over_groups, 1e-12), 1.0), float(count))


def _tidy(value: float) -> float:
    return round(value, 6)
