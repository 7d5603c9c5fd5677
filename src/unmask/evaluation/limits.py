"""Intervals that hold what they say also where few groups of files were drawn.

Percentiles of resamples are too narrow then: the spread over few groups is itself uncertain, and
near the end of a scale they lie on the wrong side. So the resamples give the standard error alone,
and Student's t, with as many degrees as the groups allow, the reach (Cameron and Miller, "A
practitioner's guide to cluster-robust inference", 2015). What lies between 0 and 1 has Wilson's
interval of a share that is as uncertain; what is only positive goes by its logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scale = Literal["share", "positive", "difference"]
"""From 0 to 1; from 0 up; of two shares, from −1 to 1."""
Limits = tuple[float, float]

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_NOTHING = 1e-9  # what rounding leaves of a spread of nothing


def around(value: float, drawn: Floats, degrees: float, scale: Scale) -> Limits | None:
    """The interval of ``value``, of which R resamples gave ``drawn``, by ``degrees`` of freedom.

    None where all resamples agree, which is no certainty. At the end of its scale, where a
    standard error says nothing, percentiles of the resamples.
    """
    error = float(drawn.std(ddof=1))
    if error < _NOTHING:
        return None
    t = _student(degrees)
    if scale == "difference":
        return max(-1.0, value - t * error), min(1.0, value + t * error)
    if scale == "positive" and value > 0:
        factor = math.exp(min(t * error / value, 700.0))
        return value / factor, value * factor
    if scale == "share" and 0 < value < 1:
        return wilson(value, value * (1 - value) / error**2, t)
    rest = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [rest, 1 - rest])
    return float(low), float(high)


def wilson(share: float, count: float, z: float = Z) -> Limits:
    """The interval of a share of so many independent ones, ``z`` standard errors to each side.

    Wilson 1927, which holds for few and for none.
    """
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count)
    reach *= math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    low = middle - reach if share > 0 else 0.0
    return max(low, 0.0), min(middle + reach, 1.0) if share < 1 else 1.0


def _student(degrees: float) -> float:
    """How many standard errors an interval reaches to each side."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2))


def chance(value: float, drawn: Floats, degrees: float) -> float | None:
    """P, two-sided, of a difference as large if there were none; as :func:`around` goes by."""
    from scipy.special import stdtr

    error = float(drawn.std(ddof=1))
    if error < _NOTHING:
        return 1.0 if abs(value) < _NOTHING else None
    return float(2 * stdtr(degrees, -abs(value) / error))


def degrees(sizes: tuple[int, int], variances: tuple[float, float]) -> float:
    """Of a variance that is the sum of two, each known from so many groups.

    Satterthwaite, "An approximate distribution of estimates of variance components", 1946. Where
    one side has but one group, or none, both are taken as one sample.
    """
    together = sum(sizes)
    if min(sizes) < 2:
        return max(together - 1.0, 1.0)
    below = sum(v * v / (size - 1) for size, v in zip(sizes, variances, strict=True))
    found = sum(variances) ** 2 / below if below > 0 else 0.0
    return min(max(found, min(sizes) - 1.0), together - 2.0)


def faultless_area(real: int, manipulated: int) -> float:
    """The lower limit of an AUC of exactly 1, of so many groups of each class.

    No resample says anything of it. Where the true AUC could lie and its score interval still
    reach 1: Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney
    statistic", Statistics in Medicine 2006, method 5.
    """
    half = (real + manipulated) / 2 - 1

    def beyond(area: float) -> float:
        spread = 1 + half * ((1 - area) / (2 - area) + area / (1 + area))
        variance = area * (1 - area) * spread / (real * manipulated)
        return (1 - area) - Z * math.sqrt(variance)

    return _root(beyond, 0.0, 1 - 1e-12)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that is above 0 at ``low`` and below it at ``high`` crosses it."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2
