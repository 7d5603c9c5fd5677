"""What each way to calibrate would be worth on files it was not fitted to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from unmask.core.errors import DataError
from unmask.evaluation.extra import require_extra
from unmask.evaluation.probabilities import CLIP

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Fit = Callable[[Floats, Labels], tuple[float, float]]
_FOLDS = 5


def cross_validated(
    logits: Floats, labels: Labels, groups: Sequence[str], fits: Mapping[str, Fit]
) -> dict[str, float | None]:
    """Log-loss in nats, classes weighing alike: as the scores are, by each fit, and by isotonic.

    Fits are made without the groups they are measured on. None where that cannot be done.
    :class:`MissingExtra` without scikit-learn.
    """
    found: dict[str, float | None] = {"as it was": round(_loss(_sigmoid(logits), labels), 6)}
    makers: dict[str, Callable[[Floats, Labels, Floats], Floats]] = {
        name: _line(fit) for name, fit in fits.items()
    }
    makers["isotonic"] = _isotonic
    folds = _folds(labels, groups)
    for name, maker in makers.items():
        found[name] = _left_out(maker, logits, labels, folds)
    return found


def _left_out(
    maker: Callable[[Floats, Labels, Floats], Floats],
    logits: Floats,
    labels: Labels,
    folds: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
) -> float | None:
    predicted = np.full(len(logits), np.nan)
    for rest, out in folds:
        try:
            predicted[out] = maker(logits[rest], labels[rest], logits[out])
        except DataError:  # a class is absent, or scores fall with manipulation there
            return None
    return None if np.isnan(predicted).any() else round(_loss(predicted, labels), 6)


def _folds(
    labels: Labels, groups: Sequence[str]
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    require_extra("calibration")
    from sklearn.model_selection import StratifiedGroupKFold

    pairs = set(zip(labels.tolist(), groups, strict=True))
    count = min(_FOLDS, *(sum(label == which for label, _ in pairs) for which in (0, 1)))
    if count < 2:
        return []
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=0)
    return list(splitter.split(np.zeros((len(labels), 1)), labels, groups))


def _line(fit: Fit) -> Callable[[Floats, Labels, Floats], Floats]:
    def predict(logits: Floats, labels: Labels, others: Floats) -> Floats:
        scale, offset = fit(logits, labels)
        return _sigmoid(scale * others + offset)

    return predict


def _isotonic(logits: Floats, labels: Labels, others: Floats) -> Floats:
    """Zadrozny and Elkan 2002, by scikit-learn."""
    from sklearn.isotonic import IsotonicRegression

    counts = np.bincount(labels, minlength=2)
    if counts.min() == 0:
        raise DataError("a class is absent")
    weights = 0.5 / counts[labels]
    steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    found: Floats = steps.fit(logits, labels, sample_weight=weights).predict(others)
    return found


def _loss(p: Floats, labels: Labels) -> float:
    safe = np.clip(p, CLIP, 1 - CLIP)
    loss = -np.where(labels == 1, np.log(safe), np.log1p(-safe))
    return float(np.mean([loss[labels == which].mean() for which in (0, 1)]))


def _sigmoid(logits: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
    return found
