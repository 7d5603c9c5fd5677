"""Tables over parts of the files: methods, families, groups of people, sources, coverage."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from unmask.core.analysis import Thresholds
from unmask.datasets.sample import UNKNOWN
from unmask.evaluation.bootstrap import share_of_groups
from unmask.evaluation.cases import Case, labels_of, scored, scores_of
from unmask.evaluation.figures import Drawing, decisions, ranking_metrics
from unmask.evaluation.grouping import attribute
from unmask.evaluation.report import Coverage, Group, Reason, Slice, SourceScores

_MOST_SOURCES = 60  # of which a plot can be read


def coverage(cases: Sequence[Case]) -> Coverage:
    """How many have a score, and the codes of why others have none."""
    codes: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for case in cases:
        if case.row.score is None:
            codes[case.row.error][case.label] += 1
    all_of = Counter(case.label for case in cases)
    kept = Counter(case.label for case in scored(cases))
    return Coverage(
        files=len(cases),
        scored=kept.total(),
        real=all_of[0],
        real_scored=kept[0],
        manipulated=all_of[1],
        manipulated_scored=kept[1],
        reasons=tuple(
            Reason(code=code, real=count[0], manipulated=count[1])
            for code, count in sorted(codes.items())
        ),
    )


def slices(
    cases: Sequence[Case], by: str, thresholds: Thresholds, drawing: Drawing
) -> tuple[Slice, ...]:
    """Each value of ``by`` among the manipulated files, against all real files.

    Where all files of a value are one group, intervals draw them one by one: they speak of that
    value, and of these people.
    """
    real = [case for case in cases if case.label == 0]
    parts: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        if case.label == 1:
            parts[attribute(case.sample, by) or UNKNOWN].append(case)
    return tuple(
        _slice(name, real, part, thresholds, drawing) for name, part in sorted(parts.items())
    )


def _slice(
    name: str,
    real: Sequence[Case],
    part: Sequence[Case],
    thresholds: Thresholds,
    drawing: Drawing,
) -> Slice:
    if len({case.group for case in part}) == 1:
        part = [replace(case, group=f"file {case.sample.path}") for case in part]
    kept = scored([*real, *part])
    labels, groups = labels_of(kept), [case.group for case in kept]
    wanted = ("auc", "eer", "tpr_at_fpr_5")
    scores = scores_of(kept)
    functions = ranking_metrics(scores, labels)
    found = drawing.measure({key: functions[key] for key in wanted}, groups, labels)
    found = drawing.with_tails(found, scores, labels, groups)
    decided = decisions(part, thresholds)[1]
    return Slice(
        name=name,
        real=len(scored(real)),
        manipulated=len(part),
        unscored=len(part) - len(scored(part)),
        detected=decided.correct,
        abstained=decided.abstained,
        **found,
    )


def fairness(cases: Sequence[Case], by: str, thresholds: Thresholds) -> tuple[Group, ...]:
    """How often real files of each group are called manipulated, with counts."""
    parts: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        parts[attribute(case.sample, by)].append(case)
    return tuple(_group(by, value, part, thresholds) for value, part in sorted(parts.items()))


def _group(by: str, value: str, part: Sequence[Case], thresholds: Thresholds) -> Group:
    said = Counter((case.label, case.decision(thresholds)) for case in part)
    real = [case for case in part if case.label == 0]
    unscored = len(real) - len(scored(real))
    accused = np.array(
        [case.decision(thresholds) == "manipulated" for case in real], dtype=np.bool_
    )
    false, clear = said[0, "manipulated"], said[0, "no-manipulation-found"]
    return Group(
        attribute=by,
        value=value,
        real=len(real),
        false_positives=false,
        false_positive_rate=share_of_groups(accused, [case.group for case in real]),
        abstained=len(real) - unscored - false - clear,
        unscored=unscored,
        manipulated=len(part) - len(real),
        detected=said[1, "manipulated"],
    )


def real_sources(cases: Sequence[Case]) -> tuple[SourceScores, ...]:
    """The scores of real files by where they come from: their method or set, else their group."""
    real = [case for case in cases if case.label == 0]
    names = [attribute(case.sample, "method") or case.sample.dataset for case in real]
    groups = [case.group for case in real]
    if len(set(names)) < 2 and len(set(groups)) <= _MOST_SOURCES:
        names = groups
    parts: defaultdict[str, list[Case]] = defaultdict(list)
    for name, case in zip(names, real, strict=True):
        parts[name].append(case)
    return tuple(
        SourceScores(
            name=name,
            scores=tuple(np.sort(scores_of(scored(part))).tolist()),
            unscored=len(part) - len(scored(part)),
        )
        for name, part in sorted(parts.items())
    )
