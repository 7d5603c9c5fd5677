"""From files with scores to the document of an evaluation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError, InputNotFound
from unmask.core.version import __version__
from unmask.datasets.opening import MOVED
from unmask.evaluation.bootstrap import share_of
from unmask.evaluation.cases import NOT_IN_SCORES, Case, labels_of, scored, scores_of
from unmask.evaluation.figures import (
    Drawing,
    decisions,
    file_metrics,
    file_metrics_with_errors,
    frame_metrics,
    frames_of,
    overall,
)
from unmask.evaluation.grouping import AUTO, FILE, attribute, grouped
from unmask.evaluation.report import (
    Comparison,
    DataSet,
    Distorted,
    Evaluation,
    Figure,
    Nuisance,
    Scorer,
    Slice,
)
from unmask.evaluation.shapes import histogram, reliability_bins, roc_curves
from unmask.evaluation.slices import coverage, fairness, real_sources, slices

_FEW_GROUPS = 10
_NAMED = 4  # methods in a note; the table has all
_BY_NUMBERS = (
    "the intervals of AUC and TPRs go by the number of groups alone, from two of each class, and "
    "EER and AP have none."
)


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is to be measured beside the metrics that every evaluation has.

    ``group_by`` attributes get a table of false positives. ``groups`` is what intervals draw.
    """

    thresholds: Thresholds
    groups: str = AUTO
    group_by: tuple[str, ...] = ()
    drawing: Drawing = field(default_factory=Drawing)


def evaluate(
    cases: Sequence[Case],
    scorer: Scorer,
    data: DataSet,
    protocol: Protocol,
) -> Evaluation:
    """All tables that need nothing but the scores. :class:`DataError` without both classes."""
    _need_both_classes(cases)
    cases, by = grouped(cases, protocol.groups)
    drawing, thresholds = protocol.drawing, protocol.thresholds
    calibrated = _probabilities(cases)
    groups = len({case.group for case in cases})
    video = file_metrics(cases, drawing, calibrated=calibrated)
    has_families = any(attribute(case.sample, "family") for case in cases if case.label)
    methods = slices(cases, "method", thresholds, drawing)
    return Evaluation(
        unmask=__version__,
        scorer=scorer,
        data=data.model_copy(update={"grouped_by": by, "groups": groups}),
        thresholds=thresholds,
        decided_by="verdicts" if _keeps_verdicts(cases, scorer) else "thresholds",
        resamples=drawing.resamples,
        seed=drawing.seed,
        coverage=coverage(cases),
        video=video,
        video_unscored_as_errors=file_metrics_with_errors(cases, drawing, calibrated=calibrated),
        frame=frame_metrics(cases, drawing, calibrated=calibrated),
        decisions=decisions(cases, thresholds),
        overall=overall(cases, thresholds, drawing),
        methods=methods,
        families=slices(cases, "family", thresholds, drawing) if has_families else (),
        groups=tuple(
            row for name in protocol.group_by for row in fairness(cases, name, thresholds)
        ),
        real_sources=real_sources(cases),
        roc=roc_curves(cases),
        histogram=histogram(cases, calibrated=calibrated),
        reliability=reliability_bins(cases) if calibrated else (),
        nuisance=(),
        robustness=(),
        comparisons=(),
        notes=(
            *_falling(video.auc),
            *_kept_verdicts(cases, scorer),
            *_decisions_as_scores(cases, scorer),
            *_notes(cases, by, groups, calibrated=calibrated),
            *_certain(methods, video.auc),
        ),
    )


def extended(
    evaluation: Evaluation,
    *,
    nuisance: Sequence[Nuisance] = (),
    robustness: Sequence[Distorted] = (),
    comparisons: Sequence[Comparison] = (),
    notes: Sequence[str] = (),
) -> Evaluation:
    """The document with the tables that are made of more than the scores."""
    return evaluation.model_copy(
        update={
            "nuisance": tuple(nuisance),
            "robustness": tuple(robustness),
            "comparisons": tuple(comparisons),
            "notes": (*evaluation.notes, *notes),
        }
    )


def _need_both_classes(cases: Sequence[Case]) -> None:
    for label, name in ((0, "real"), (1, "manipulated")):
        mine = [case for case in cases if case.label == label]
        if not mine:
            raise DataError(
                f"there are no {name} files among the {len(cases)} to evaluate",
                hint="an evaluation needs both classes; see 'unmask data check', or --split",
            )
        if not scored(mine):
            why = mine[0].row.error or "no score"
            hint = "look at one of them with 'unmask scan'"
            if why == InputNotFound.code:
                hint = MOVED
            if why == NOT_IN_SCORES:
                hint = f"{mine[0].sample.path} is the first that the file of scores lacks"
            raise DataError(
                f"not one of the {len(mine)} {name} files has a score ({why}, for the first)",
                hint=hint,
            )


def _probabilities(cases: Sequence[Case]) -> bool:
    """Of files and of frames: a mean of frames may lie between 0 and 1 where they do not."""
    scores = np.concatenate([scores_of(scored(cases)), frames_of(cases)[0]])
    return bool(scores.min() >= 0 and scores.max() <= 1)


def _parted(cases: Sequence[Case]) -> bool:
    kept = scored(cases)
    scores, labels = scores_of(kept), labels_of(kept)
    real, fake = scores[labels == 0], scores[labels == 1]
    return bool(real.max() < fake.min() or fake.max() < real.min())


def _falling(auc: Figure) -> list[str]:
    """What the scores of a detector look like that answers P(real)."""
    if auc.high is None or auc.high >= 0.5:
        return []
    return [
        "The scores are lower for manipulated files than for real ones, beyond chance: if they "
        "say how real a file is, turn them round first."
    ]


def _kept_verdicts(cases: Sequence[Case], scorer: Scorer) -> list[str]:
    if not _keeps_verdicts(cases, scorer):
        return []
    return [
        "What is called manipulated, inconclusive or not found goes by the verdicts that the file "
        "of scores holds, not by the thresholds stated here; --low and --high decide by the scores."
    ]


def _decisions_as_scores(cases: Sequence[Case], scorer: Scorer) -> list[str]:
    """What a file looks like whose column holds predicted classes."""
    if scorer.kind == "model" or len(np.unique(scores_of(scored(cases)))) != 2:
        return []
    return [
        "The scores have two values only, as decisions have: AUC, AP, EER and TPRs are those of "
        "one threshold and say little of the detector, log-loss and ECE nothing."
    ]


def _keeps_verdicts(cases: Sequence[Case], scorer: Scorer) -> bool:
    """Of a file of scores of ours, where no thresholds were asked for."""
    return scorer.kind != "model" and any(case.row.verdict for case in cases)


def _certain(methods: Sequence[Slice], auc: Figure) -> list[str]:
    """Methods of which resamples say nothing, where they do of the set as a whole."""
    names = [one.name for one in methods if one.auc.value in (0, 1)]
    if not names or auc.value in (0, 1):
        return []
    more = f" and {len(names) - _NAMED} more methods" if len(names) > _NAMED else ""
    return [
        f"Every file of {', '.join(names[:_NAMED])}{more} lies above every real one, or below, "
        f"and so it does in all resamples: {_BY_NUMBERS}"
    ]


def _notes(cases: Sequence[Case], by: str, groups: int, *, calibrated: bool) -> list[str]:
    notes = []
    if not calibrated:
        notes.append(
            "The scores are no probabilities (some lie outside 0 to 1): Brier score, log-loss "
            "and ECE are undefined, and the thresholds may mean nothing."
        )
    if by == FILE:
        notes.append(
            "Each file counts as its own group, since no identity, source or method that all "
            "files have is shared by some and shows each class twice: the intervals are too "
            "narrow where files share people or recordings."
        )
    elif single := _single_group(cases):
        notes.append(
            f"All {single} files are of one {by}: of one group nothing says how it would be with "
            f"another, and figures of both classes have no intervals. With --groups {FILE} they "
            "have such as would hold if these files had nothing in common."
        )
    elif groups < _FEW_GROUPS:
        notes.append(f"The intervals rest on {groups} groups only and are rough.")
    notes += _compressions(cases)
    notes += _repeated(cases)
    if _parted(cases):
        notes.append(
            "Every manipulated file lies above every real one, or below, and so it does in all "
            f"resamples: {_BY_NUMBERS}"
        )
    return [*notes, *_without_false_positives(cases)]


def _single_group(cases: Sequence[Case]) -> str:
    """The class whose files with a score are one group, "" where both have several."""
    for label, name in ((0, "real"), (1, "manipulated")):
        if len({case.group for case in scored(cases) if case.label == label}) == 1:
            return name
    return ""


def _compressions(cases: Sequence[Case]) -> list[str]:
    levels = sorted({case.sample.compression for case in cases} - {""})
    if len(levels) < 2:
        return []
    return [
        f"Files at {' and '.join(levels)} are measured together: what published figures state is "
        "one level alone, for which 'unmask data index --compression' makes an index."
    ]


def _repeated(cases: Sequence[Case]) -> list[str]:
    """Files that are the same, byte for byte, as far as hashes are known."""
    same = defaultdict[str, list[Case]](list)
    for case in cases:
        if sha256 := case.row.facts.get("sha256") or case.sample.sha256:
            same[sha256].append(case)
    several = [each for each in same.values() if len(each) > 1]
    if not several:
        return []
    one, other = (case.sample.path for case in several[0][:2])
    both = sum(len({case.label for case in each}) > 1 for each in several)
    labels = f" ({both} of them with both labels)" if both else ""
    return [
        f"Files that are there more than once, byte for byte: {len(several)}{labels}, such as "
        f"{one} and {other}. Each counts as often as it is named."
    ]


def _without_false_positives(cases: Sequence[Case]) -> list[str]:
    """What a TPR at a low FPR is where one real file is more than that."""
    real = [case for case in scored(cases) if case.label == 0]
    if len(real) >= 100:
        return []
    rates = "1 %" if len(real) >= 20 else "1 % and 5 %"
    possible = share_of(0, len({case.group for case in real})).high or 1.0
    return [
        f"With {len(real)} real files scored, TPR at FPR {rates} is the TPR without one false "
        f"positive; that none of them is one allows an FPR of up to {possible:.0%} elsewhere."
    ]
