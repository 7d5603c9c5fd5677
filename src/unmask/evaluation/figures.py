"""Metrics of scores with their intervals: discrimination, calibration, decisions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from unmask.core.analysis import Thresholds
from unmask.evaluation import curves, probabilities
from unmask.evaluation.bootstrap import (
    RESAMPLES,
    Drawn,
    Metric,
    draw,
    number,
    share_of,
    share_of_groups,
    spread,
    with_unseen,
)
from unmask.evaluation.cases import Case, labels_of, scored, scores_of
from unmask.evaluation.limits import Scale, faultless_area
from unmask.evaluation.ratios import ratio
from unmask.evaluation.report import Decisions, Figure, Level, Metrics, Overall

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

_RIGHT = {0: "no-manipulation-found", 1: "manipulated"}
"""What of each class it is right to decide, and of the other wrong."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How intervals are made."""

    resamples: int = RESAMPLES
    seed: int = 0

    def measure(
        self, metrics: Mapping[str, Metric], groups: Sequence[str], labels: Labels
    ) -> dict[str, Figure]:
        """Each metric with its interval over these groups, as documents have it."""
        drawn = self.draw(metrics, groups, labels)
        return {
            name: _certain_area(one, groups, labels)
            if name == "auc" and one.resamples is not None and one.value in (0, 1)
            else _figure(name, one)
            for name, one in drawn.items()
        }

    def draw(
        self, metrics: Mapping[str, Metric], groups: Sequence[str], labels: Labels
    ) -> dict[str, Drawn]:
        """See :func:`unmask.evaluation.bootstrap.draw`.

        Nothing is drawn where a class is one group: its spread would be left out.
        """
        count = self.resamples if min(_kinds(groups, labels), default=2) > 1 else 0
        return draw(metrics, number(groups), labels, count=count, seed=self.seed)

    def with_tails(
        self, found: Mapping[str, Figure], scores: Floats, labels: Labels, groups: Sequence[str]
    ) -> dict[str, Figure]:
        """Figures of :meth:`measure`, the intervals of TPRs widened by what was not seen.

        Few real files say little of the highest scores of others: see
        :func:`unmask.evaluation.bootstrap.with_unseen`.
        """
        known = [name for name in _RATES if name in found and found[name].value is not None]
        if not known or not self.resamples or min(_kinds(groups, labels)) < 2:
            return dict(found)
        ranking, drawn = curves.Ranking.of(scores, labels), defaultdict[str, list[Floats]](list)
        for weights, unseen in with_unseen(
            number(groups), labels, count=self.resamples, seed=self.seed
        ):
            for name in known:
                drawn[name].append(curves.true_positives_at(ranking, weights, _RATES[name], unseen))
        fakes = _kinds(groups, labels)[1]
        return {**found, **{name: _wider(found[name], drawn[name], fakes) for name in known}}

    def exact(self, p: Floats) -> Figure | None:
        """ECE as chance alone makes it, and where most of it lies; None where nothing is drawn."""
        if not len(p) or not self.resamples:
            return None
        return spread(probabilities.error_of_exact(p, draws=self.resamples, seed=self.seed))


_RATES = {"tpr_at_fpr_1": 0.01, "tpr_at_fpr_5": 0.05}


def _wider(one: Figure, drawn: Sequence[Floats], fakes: int) -> Figure:
    """The figure with an interval that holds its own, if it has one, and that of the draws.

    Of none or of all manipulated files no draw says anything; of ``fakes`` groups Wilson does.
    """
    others = [spread(np.concatenate(drawn))]
    if one.value in (0, 1):
        others.append(share_of(fakes * int(one.value), fakes))
    ends = [one.value, *(end for each in (one, *others) for end in (each.low, each.high))]
    known = [end for end in ends if end is not None]
    return Figure(value=one.value, low=min(known), high=max(known))


_SCALES: dict[str, Scale] = {"log_loss": "positive"}
_NO_INTERVAL = frozenset({"ece"})
"""Of few files it is far from 0 whatever scored them, of resamples further still: percentiles of
these left out an exact scorer's 0 in each of 300 draws. What says something is ``exact``."""


def _figure(name: str, drawn: Drawn) -> Figure:
    if name in _NO_INTERVAL:
        drawn = replace(drawn, resamples=None)
    return drawn.figure(_SCALES.get(name, "share"))


def _certain_area(drawn: Drawn, groups: Sequence[str], labels: Labels) -> Figure:
    limit = faultless_area(*_kinds(groups, labels))
    low, high = (limit, 1.0) if drawn.value else (0.0, 1 - limit)
    return Figure(value=drawn.value, low=round(low, 6), high=round(high, 6))


def _kinds(groups: Sequence[str], labels: Labels) -> list[int]:
    """Of how many groups each class is that there is."""
    pairs = set(zip(labels.tolist(), groups, strict=True))
    return [count for _, count in sorted(Counter(label for label, _ in pairs).items())]


def ranking_metrics(scores: Floats, labels: Labels) -> dict[str, Metric]:
    """By the names that documents use."""
    ranking = curves.Ranking.of(scores, labels)
    return {
        "auc": lambda w: curves.area(ranking, w),
        "ap": lambda w: curves.average_precision(ranking, w),
        "eer": lambda w: curves.equal_error(ranking, w),
        **{
            name: partial(curves.true_positives_at, ranking, false_positives=rate)
            for name, rate in _RATES.items()
        },
    }


def probability_metrics(p: Floats, labels: Labels) -> dict[str, Metric]:
    """By the names that documents use."""
    return {
        "brier": lambda w: probabilities.brier(p, labels, w),
        "log_loss": lambda w: probabilities.log_loss(p, labels, w),
        "ece": lambda w: probabilities.calibration_error(p, labels, w),
    }


def metrics_of(
    scores: Floats,
    labels: Labels,
    groups: Sequence[str],
    drawing: Drawing,
    *,
    level: Level,
    probabilities: Floats | None,
) -> Metrics:
    """All figures of N ``scores``; ``probabilities`` None where they are none."""
    functions = ranking_metrics(scores, labels)
    if probabilities is not None:
        functions |= probability_metrics(probabilities, labels)
    found: dict[str, Figure | None] = {"brier": None, "log_loss": None, "ece": None}
    measured = drawing.measure(functions, groups, labels)
    found |= drawing.with_tails(measured, scores, labels, groups)
    return Metrics.model_validate(
        {
            "level": level,
            "real": int(np.sum(labels == 0)),
            "manipulated": int(np.sum(labels == 1)),
            "groups": len(set(groups)),
            **found,
        }
    )


def file_metrics(cases: Sequence[Case], drawing: Drawing, *, calibrated: bool) -> Metrics:
    """Of the files with a score. ``calibrated`` says that scores are probabilities."""
    kept = scored(cases)
    scores, groups = scores_of(kept), [case.group for case in kept]
    p = scores if calibrated else None
    found = metrics_of(scores, labels_of(kept), groups, drawing, level="video", probabilities=p)
    return found.model_copy(update={"ece_if_exact": drawing.exact(scores) if calibrated else None})


def file_metrics_with_errors(
    cases: Sequence[Case], drawing: Drawing, *, calibrated: bool
) -> Metrics:
    """Of all files, one without a score as wrong as can be.

    A real one above every score (and P = 1), a manipulated one below (P = 0).
    """
    labels, scores, groups = labels_of(cases), scores_of(cases), [case.group for case in cases]
    worst = np.where(labels == 0, 1.0, 0.0)
    p = np.where(np.isnan(scores), worst, scores) if calibrated else None
    ranks = np.where(np.isnan(scores), np.where(labels == 0, np.inf, -np.inf), scores)
    return metrics_of(ranks, labels, groups, drawing, level="video", probabilities=p)


def frame_metrics(cases: Sequence[Case], drawing: Drawing, *, calibrated: bool) -> Metrics | None:
    """Of single frames, each with the label and the group of its file; None without frames."""
    scores, labels, kept = frames_of(cases)
    if not kept:
        return None
    groups = [case.group for case in kept for _ in case.row.frames]
    p = scores if calibrated else None
    return metrics_of(scores, labels, groups, drawing, level="frame", probabilities=p)


def frames_of(cases: Sequence[Case]) -> tuple[Floats, Labels, list[Case]]:
    """Scores and labels of all frames, one after the other, and the files that have any."""
    kept = [case for case in cases if case.row.frames]
    scores = np.array([value for case in kept for value in case.row.frames], dtype=np.float64)
    return scores, np.repeat(labels_of(kept), [len(case.row.frames) for case in kept]), kept


def overall(cases: Sequence[Case], thresholds: Thresholds, drawing: Drawing) -> Overall:
    """How much is decided, and how much of it is right: the mean of both classes' shares."""
    labels = labels_of(cases)
    said = np.array([case.decision(thresholds) for case in cases], dtype=np.str_)
    decided = np.isin(said, list(_RIGHT.values()))
    right = said == np.where(labels == 1, _RIGHT[1], _RIGHT[0])
    metrics: dict[str, Metric] = {
        "decided": lambda w: _alike(decided, np.ones_like(decided), labels, w),
        "right_of_decided": lambda w: _alike(right, decided, labels, w),
        "right": lambda w: _alike(right, np.ones_like(decided), labels, w),
    }
    return Overall(**drawing.measure(metrics, [case.group for case in cases], labels))


def _alike(
    hits: NDArray[np.bool_], among: NDArray[np.bool_], labels: Labels, weights: Floats
) -> Floats:
    """The share of hits among some of N files, the mean of both classes': R×N in, R out."""
    shares = [
        ratio(weights @ (hits & among & mine), weights @ (among & mine))
        for mine in (labels == 0, labels == 1)
    ]
    found: Floats = np.mean(shares, axis=0)
    return found


def decisions(cases: Sequence[Case], thresholds: Thresholds) -> tuple[Decisions, ...]:
    """What becomes of each class: shares of all its files, those without a score among them."""
    found = []
    for label, right in _RIGHT.items():
        wrong = _RIGHT[1 - label]
        mine = [case for case in cases if case.label == label]
        said = np.array([case.decision(thresholds) for case in mine], dtype=np.str_)
        unscored = np.array([case.row.score is None for case in mine], dtype=np.bool_)
        which = {
            "correct": (said == right) & ~unscored,
            "wrong": (said == wrong) & ~unscored,
            "abstained": ~np.isin(said, [right, wrong]) & ~unscored,
            "unscored": unscored,
        }
        groups = [case.group for case in mine]
        shares = {name: share_of_groups(where, groups) for name, where in which.items()}
        found.append(Decisions(label=1 if label else 0, files=len(mine), **shares))
    return tuple(found)
