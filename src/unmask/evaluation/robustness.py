"""What distortions do to a model: some files of each class, under each, through the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from unmask.core.analysis import Thresholds
from unmask.core.errors import UsageError
from unmask.evaluation.cases import Case, labels_of, scored, scores_of
from unmask.evaluation.distortions import DISTORTIONS
from unmask.evaluation.figures import Drawing, decisions, ranking_metrics
from unmask.evaluation.report import Distorted
from unmask.evaluation.scoring import Condition

LEVELS = (1, 2, 3, 4, 5)
Rescore = Callable[[Sequence[Case], Condition], list[Case]]


def drawn_files(cases: Sequence[Case], each: int, seed: int) -> list[Case]:
    """``each`` files with a score of each class, or all there are, in their order."""
    rng = np.random.default_rng(seed)
    chosen: set[str] = set()
    for label in (0, 1):
        paths = [case.sample.path for case in scored(cases) if case.label == label]
        count = min(each, len(paths))
        chosen |= {paths[at] for at in rng.choice(len(paths), size=count, replace=False)}
    return [case for case in cases if case.sample.path in chosen]


def conditions(names: Sequence[str], seed: int) -> list[tuple[str, int, Condition]]:
    """Every level of the distortions named, of all if none is. :class:`UsageError` for others."""
    unknown = [name for name in names if name not in DISTORTIONS]
    if unknown:
        raise UsageError(
            f"there is no distortion {unknown[0]!r}", hint=f"there are: {', '.join(DISTORTIONS)}"
        )
    return [
        (name, level, Condition(f"{name}:{level}", DISTORTIONS[name].alter(level, seed)))
        for name in names or DISTORTIONS
        for level in LEVELS
    ]


def robustness(
    cases: Sequence[Case],
    names: Sequence[str],
    rescore: Rescore,
    thresholds: Thresholds,
    drawing: Drawing,
) -> list[Distorted]:
    """A row for each distortion and level, each distortion begun by the files as they are."""
    found = []
    for name, level, condition in conditions(names, drawing.seed):
        if level == LEVELS[0]:
            found.append(_row(name, 0, "as it is", cases, thresholds, drawing))
        setting = DISTORTIONS[name].describe(level)
        changed = rescore(cases, condition)
        found.append(_row(name, level, setting, changed, thresholds, drawing))
    return found


def _row(
    name: str,
    level: int,
    setting: str,
    cases: Sequence[Case],
    thresholds: Thresholds,
    drawing: Drawing,
) -> Distorted:
    kept = scored(cases)
    labels, groups = labels_of(kept), [case.group for case in kept]
    functions = ranking_metrics(scores_of(kept), labels)
    auc = drawing.measure({"auc": functions["auc"]}, groups, labels)["auc"]
    real, manipulated = decisions(cases, thresholds)
    return Distorted(
        distortion=name,
        level=level,
        setting=setting,
        real=real.files,
        manipulated=manipulated.files,
        auc=auc,
        false_positive_rate=real.wrong,
        detected=manipulated.correct,
        unscored=len(cases) - len(kept),
    )
