"""Whether a set's classes can be told apart without looking at a single face.

If resolution, codec or the like separate them, so might a detector that was fitted on such a
set, and a high AUC on it says little.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.evaluation.cases import Case, labels_of
from unmask.evaluation.curves import Ranking, area
from unmask.evaluation.extra import require_extra
from unmask.evaluation.figures import Drawing
from unmask.evaluation.report import Nuisance

Facts = Mapping[str, str]
Floats = NDArray[np.float64]
ALL = "all"
_FOLDS = 5


def _log(name: str) -> Callable[[Facts], float]:
    return lambda facts: math.log(_number(facts, name)) if _number(facts, name) > 0 else math.nan


def _number(facts: Facts, name: str) -> float:
    return float(facts[name]) if name in facts else math.nan


def _bitrate(facts: Facts) -> float:
    """The logarithm of bytes a second; of a picture, of its bytes."""
    duration = _number(facts, "duration_s")
    return math.log(max(_number(facts, "bytes"), 1)) - (math.log(duration) if duration > 0 else 0)


_NUMERIC: dict[str, tuple[Callable[[Facts], float], ...]] = {
    "resolution": (_log("width"), _log("height")),
    "frame rate": (lambda facts: _number(facts, "fps"),),
    "bitrate": (_bitrate,),
    "duration": (_log("duration_s"),),
    "face size": (_log("face_px"),),
    "black bars": (lambda facts: _number(facts, "black_bars"),),
    "place of the face": (
        lambda facts: _number(facts, "face_x"),
        lambda facts: _number(facts, "face_y"),
    ),
}
_NAMED = {"codec and container": ("kind", "codec", "container")}


def nuisance(cases: Sequence[Case], drawing: Drawing) -> list[Nuisance]:
    """The AUC of each feature and of all together, the lot first; none where facts are unknown.

    Each by a logistic regression, cross-validated over source groups: the AUC is that of the
    predictions for groups that were left out. :class:`MissingExtra` without scikit-learn.
    """
    kept = [case for case in cases if case.row.facts]
    if not kept:
        return []
    columns = _columns([case.row.facts for case in kept])
    if not columns:
        return []
    tables = {ALL: np.hstack(list(columns.values())), **columns}
    found = []
    for name, table in tables.items():
        predicted = _predictions(table, kept)
        if predicted is None:
            return []
        found.append(_row(name, predicted, kept, drawing))
    return found


def _row(name: str, predicted: Floats, cases: Sequence[Case], drawing: Drawing) -> Nuisance:
    labels, groups = labels_of(cases), [case.group for case in cases]
    ranking = Ranking.of(predicted, labels)
    auc = drawing.measure({"auc": lambda w: area(ranking, w)}, groups, labels)["auc"]
    return Nuisance(feature=name, files=len(cases), auc=auc)


def _columns(facts: Sequence[Facts]) -> dict[str, Floats]:
    """Each feature's columns, N×k; those that are the same everywhere left out."""
    found = {}
    for name, functions in _NUMERIC.items():
        found[name] = np.array([[function(one) for function in functions] for one in facts])
    for name, keys in _NAMED.items():
        words = [" ".join(one.get(key, "") for key in keys) for one in facts]
        found[name] = np.array([[word == other for other in sorted(set(words))] for word in words])
    return {name: table.astype(np.float64) for name, table in found.items() if _varies(table)}


def _varies(table: NDArray[np.generic]) -> bool:
    alike = np.nan_to_num(table, nan=np.inf)  # of whole rows unique takes no NaN for another
    return len(np.unique(alike, axis=0)) > 1


def _predictions(table: Floats, cases: Sequence[Case]) -> Floats | None:
    """Of each case, from a fit without its group; None where that leaves a fit one class only."""
    require_extra("the table of nuisances")
    from sklearn.model_selection import StratifiedGroupKFold

    labels = labels_of(cases)
    groups = [case.group for case in cases]
    folds = min(_FOLDS, *(len({c.group for c in cases if c.label == k}) for k in (0, 1)))
    if folds < 2:
        return None
    predicted = np.full(len(cases), np.nan)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
    for rest, left_out in splitter.split(table, labels, groups):
        if len(set(labels[rest].tolist())) < 2:
            return None
        model = _model().fit(table[rest], labels[rest])
        predicted[left_out] = model.predict_proba(table[left_out])[:, 1]
    return predicted


def _model() -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(class_weight="balanced", max_iter=2000),
    )
