"""A package's calibration and thresholds fitted anew to validation scores.

What is fitted is a scale and an offset on the logit of the probabilities that the package gives
now; composed with its own scale and offset they are its new ones, exactly, for frames, for clips
and for faces. Isotonic regression is only measured beside them: the manifest carries a scale and
an offset, a step function has plateaus on which all ranking is lost, and its ends at 0 and 1 make
the odds of a file, which are the mean of its faces' odds, infinite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError
from unmask.evaluation.calibration import (
    choose_low,
    choose_thresholds,
    fit_platt,
    fit_temperature,
)
from unmask.evaluation.cases import Case, labels_of, scored, scores_of
from unmask.evaluation.crossval import cross_validated
from unmask.evaluation.probabilities import CLIP
from unmask.runtime.package import Calibration
from unmask.verdict import correct_for_faces, sigmoid

Method = Literal["platt", "temperature"]
Line = tuple[float, float]
Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

FITS: dict[Method, Callable[[Floats, Labels], Line]] = {
    "platt": fit_platt,
    "temperature": fit_temperature,
}
_FEWEST = 10
_SAME: Line = (1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to calibrate: ``false_positives`` is the share of real files that ``high`` may let by.

    ``low`` is given, or chosen so that at most ``misses`` of the manipulated lie below it. With
    ``same_verdicts`` both thresholds go where the calibration moves them instead.
    """

    method: Method = "platt"
    false_positives: float = 0.05
    low: float = 0.5
    misses: float | None = None
    same_verdicts: bool = False


@dataclass(frozen=True, slots=True)
class Recalibrated:
    """What goes into the manifest: numbers, thresholds, and the account of how they were made."""

    calibration: Calibration
    thresholds: Thresholds
    account: dict[str, Any]


def recalibrate(
    cases: Sequence[Case], old: Calibration, thresholds: Thresholds, wanted: Wanted
) -> Recalibrated:
    """Fit to files in which exactly one face was judged: of several, which is manipulated?

    A single frame, or a picture, says less than many together, and has a line of its own; so has a
    face that is seen in one stretch of a film alone, fitted to each stretch of each film.
    :class:`DataError` where fewer than ten such files of a class have a score, or the scores do
    not rise with manipulation.
    """
    single = [case for case in cases if len(case.row.faces) == 1]
    _enough(single)
    fit = FITS[wanted.method]
    filmed = [case for case in single if case.row.clips]
    lasting = [case for case in filmed if _stretches(case)[0] > 1]
    frame = _fit(fit, single, lambda case: case.row.frames) or _SAME
    clip = _fit(fit, filmed, lambda case: case.row.clips)
    face = _fit(fit, lasting, lambda case: case.row.faces)
    stretch = _fit(fit, filmed, lambda case: case.row.stretches)
    calibration = Calibration(
        **_composed("frame", old, frame),
        **_composed("clip", old, clip or _SAME),
        **_composed("face", old, face or _SAME),
        **_of_a_stretch(old, stretch),
        frame_weight=old.frame_weight,
    )
    several = face or _SAME
    # Where no stretch is fitted, a line that the package has for one stays as it is.
    one = stretch or (several if old.stretch_scale is None else _SAME)
    lines = (frame, one, several)
    judged = [case for case in cases if case.row.faces]
    probabilities = np.array([_again(case, lines) for case in judged])
    labels = labels_of(judged)
    account = _account(single, labels, wanted)
    account |= {"clips_and_faces_fitted": face is not None, "stretches_fitted": stretch is not None}
    if wanted.same_verdicts:
        chosen = _moved(thresholds, face or frame)
    else:
        chosen = _thresholds(probabilities, labels, wanted)
    return Recalibrated(calibration, chosen, account)


def lower_threshold(
    cases: Sequence[Case], thresholds: Thresholds, misses: float
) -> tuple[Thresholds, dict[str, Any]]:
    """The lower threshold moved down, so that at most ``misses`` of the manipulated lie below it.

    It never moves up, and neither the upper one nor any probability changes: a model that passes
    too much abstains more, and accuses no more. Also the account of it. :class:`DataError` where
    fewer than ten manipulated files have a score.
    """
    scores = _scores(cases, 1, "manipulated", "lower")
    low = min(thresholds.low, choose_low(scores, misses=misses))
    account = {"manipulated": len(scores), "misses_allowed": misses, "was": thresholds.low}
    return Thresholds(low=low, high=thresholds.high), account


def upper_threshold(
    cases: Sequence[Case], thresholds: Thresholds, false_positives: float
) -> tuple[Thresholds, dict[str, Any]]:
    """The upper threshold where at most ``false_positives`` of these real files reach it.

    Neither the lower one (which never lies above) nor any probability changes. Also the account of
    it. :class:`DataError` where fewer than ten real files have a score.
    """
    scores = _scores(cases, 0, "real", "upper")
    found = choose_thresholds(scores, false_positives=false_positives, low=thresholds.low)
    account = {
        "real": len(scores),
        "false_positives_allowed": false_positives,
        "was": thresholds.high,
    }
    return found, account


def _scores(cases: Sequence[Case], label: int, name: str, which: str) -> Floats:
    """Of the scored files of one class; :class:`DataError` where they are too few."""
    scores = scores_of(scored([case for case in cases if case.label == label]))
    if len(scores) < _FEWEST:
        raise DataError(
            f"only {len(scores)} {name} files with a score: the {which} threshold needs "
            f"{_FEWEST} at least",
            hint="choose it on more files",
        )
    return scores


def _moved(thresholds: Thresholds, line: Line) -> Thresholds:
    """Where a face at either threshold comes to lie."""
    low, high = (
        min(round(sigmoid(line[0] * _logit(p) + line[1]), 6), 1 - CLIP)
        for p in (thresholds.low, thresholds.high)
    )
    return Thresholds(low=low, high=high)


def _thresholds(probabilities: Floats, labels: Labels, wanted: Wanted) -> Thresholds:
    low = wanted.low
    if wanted.misses is not None:
        low = choose_low(probabilities[labels == 1], misses=wanted.misses)
    real = probabilities[labels == 0]
    return choose_thresholds(real, false_positives=wanted.false_positives, low=low)


def _account(single: Sequence[Case], labels: Labels, wanted: Wanted) -> dict[str, Any]:
    return {
        "method": wanted.method,
        "thresholds": "as before" if wanted.same_verdicts else "chosen",
        "false_positives_allowed": None if wanted.same_verdicts else wanted.false_positives,
        "misses_allowed": wanted.misses,
        "real": int(np.sum(labels == 0)),
        "manipulated": int(np.sum(labels == 1)),
        "fitted_on_files_with_one_face": len(single),
        "cross_validated_log_loss": cross_validated(
            np.array([_logit(case.row.faces[0]) for case in single]),
            labels_of(single),
            [case.group for case in single],
            {str(name): fit for name, fit in FITS.items()},
        ),
    }


def _enough(cases: Sequence[Case]) -> None:
    for label, name in ((0, "real"), (1, "manipulated")):
        count = sum(case.label == label for case in cases)
        if count < _FEWEST:
            raise DataError(
                f"only {count} {name} files with exactly one judged face: calibration needs "
                f"{_FEWEST} of each class at least",
                hint="calibrate on more validation files",
            )


def _fit(
    fit: Callable[[Floats, Labels], Line],
    cases: Sequence[Case],
    of: Callable[[Case], tuple[float, ...]],
) -> Line | None:
    """The line for all values of these files; None where a class has too few files."""
    kept = [case for case in cases if of(case)]
    if min(sum(case.label == label for case in kept) for label in (0, 1)) < _FEWEST:
        return None
    logits = np.array([_logit(p) for case in kept for p in of(case)])
    labels = np.repeat(labels_of(kept), [len(of(case)) for case in kept])
    return fit(logits, labels)


def _composed(part: str, old: Calibration, line: Line) -> dict[str, float]:
    scale = getattr(old, f"{part}_scale")
    offset = getattr(old, f"{part}_offset")
    return _named(part, (line[0] * scale, line[0] * offset + line[1]))


def _of_a_stretch(old: Calibration, line: Line | None) -> dict[str, float]:
    """What was fitted to the probabilities that ``old`` gives to single stretches."""
    scale, offset = old.line(1)
    if line is None:
        return {} if old.stretch_scale is None else _named("stretch", (scale, offset))
    return _named("stretch", (line[0] * scale, line[0] * offset + line[1]))


def _named(part: str, line: Line) -> dict[str, float]:
    return {f"{part}_scale": line[0], f"{part}_offset": line[1]}


def _stretches(case: Case) -> tuple[int, ...]:
    """In how many each judged face is seen; rows of older versions do not say, and mean several."""
    return case.row.seen_in or (2 if case.row.clips else 0,) * len(case.row.faces)


def _again(case: Case, lines: tuple[Line, Line, Line]) -> float:
    """The file's probability under the new lines of frames, of a stretch, and of several."""
    found = []
    for p, seen_in in zip(case.row.faces, _stretches(case), strict=True):
        scale, offset = lines[min(seen_in, 2)]
        found.append(sigmoid(scale * _logit(p) + offset))
    return correct_for_faces(found)


def _logit(p: float) -> float:
    safe = min(max(p, CLIP), 1 - CLIP)
    return float(np.log(safe) - np.log1p(-safe))
