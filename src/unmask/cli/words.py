"""Verdicts, numbers and times in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from unmask.core.analysis import Analysis, Face, Verdict
from unmask.core.times import clock
from unmask.core.wording import LABELS, probability
from unmask.evidence.looked import MUCH_UNSEEN_S, longest_unseen, looked_at, shown_in
from unmask.evidence.worth import Worth
from unmask.verdict import explain

__all__ = [
    "CAVEAT",
    "CLOSER",
    "LABELS",
    "LABEL_WIDTH",
    "MUCH_UNSEEN_S",
    "NOT_ANALYSED",
    "STYLES",
    "face",
    "longest_unseen",
    "looked_at",
    "measured",
    "probability",
    "reasons",
    "remarks",
    "stretch",
]

STYLES: Mapping[str, str] = {
    "manipulated": "bold red",
    "no-manipulation-found": "cyan",  # not green: it does not say that the file is genuine
    "inconclusive": "yellow",
    "no-face": "dim",
}
NOT_ANALYSED = "Not analysed"
LABEL_WIDTH = max(map(len, LABELS.values()))
CAVEAT = (
    "A verdict speaks of the traces this model knows: 'no manipulation found' does not mean "
    "genuine, and 'manipulated' says neither who did it nor why. P(manipulated) holds where half "
    "of such files are manipulated; where fewer are, as usually, it is less."
)

CLOSER = "To look closer: --clips N looks at more stretches, --from and --to at one part of a film."


def measured(worth: Worth) -> str:
    """How far the model of a scan is to be trusted, by what is recorded in its package."""
    as_well = " to which its calibration was fitted as well," if worth.calibrated else ""
    counted = (
        f"Measured on {worth.real + worth.manipulated} files of known origin ({worth.data}),"
        f"{as_well} this model called {worth.caught} of {worth.manipulated} manipulated ones "
        f"manipulated and {worth.missed} 'no manipulation found', and {worth.accused} of "
        f"{worth.real} real ones manipulated."
    )
    if worth.most_accused is not None:
        counted += (
            f" Of other real files like these it may call up to {worth.most_accused} in 100 "
            "manipulated (95 % interval)."
        )
    if worth.auc is None:
        return counted
    return (
        f"{counted} Of a real and a manipulated one it gives the manipulated one the higher "
        f"score {100 * worth.auc:.0f} times in 100 (its AUC is {worth.auc:.2f}); guessing does so "
        "50 times."
    )


def reasons(verdict: Verdict) -> list[str]:
    """One sentence for each reason."""
    return [explain(code) for code in verdict.reasons]


def stretch(first_s: float, last_s: float) -> str:
    """From when to when, such as ``0:01.2–0:03.9``."""
    return f"{clock(first_s, 1)}–{clock(last_s, 1)}"


def remarks(analysis: Analysis) -> list[str]:
    """What the document warns of."""
    return [warning.message for warning in analysis.warnings]


def face(one: Face, analysis: Analysis) -> str:
    """A face's number and, in a video, when it is seen and how much of that was looked at."""
    if analysis.media.kind == "image":
        return f"face {one.id}"
    seen = shown_in(one, analysis)
    return ", ".join(filter(None, (f"face {one.id}", stretch(one.first_s, one.last_s), seen)))
