"""What whoever has to decide is told to do next, by a verdict's label and reasons."""

from __future__ import annotations

from typing import Any

import pytest
from report_samples import analysis

from unmask.core.analysis import Analysis, Verdict
from unmask.evidence.advice import next_step
from unmask.verdict import REASONS

LOW = {"probability": 0.2}
NONE = {"probability": None}


def told(label: str, *reasons: str, kind: str = "video", **verdict: Any) -> Analysis:
    made = Verdict(label=label, reasons=reasons, **verdict)
    return analysis(kind=kind).model_copy(update={"verdict": made, "stretches": None})


@pytest.mark.parametrize(
    ("result", "beginning"),
    [
        (told("manipulated", "above-threshold", **LOW), "Do not decide by this alone."),
        (told("no-manipulation-found", "below-threshold", **LOW), "Leave the question open:"),
        (told("no-face", "no-face-found", **NONE), "If a face is to be seen, hand in the part"),
        (told("inconclusive", "face-turned", **NONE), "Turn the file upright,"),
        (told("inconclusive", "written-over", **NONE), "Find the file as it was before"),
        (told("inconclusive", "pixelated", **NONE), "Find the file as it was before"),
        (told("inconclusive", "part-covered", **LOW), "Find the file as it was before"),
        (told("inconclusive", "tones-lost", **LOW), "Find the film or picture that this was"),
        (told("inconclusive", "screen-pattern", **LOW), "Find the film or picture that this was"),
        (told("inconclusive", "no-colour", **LOW), "Find a copy in colour."),
        (told("inconclusive", "too-noisy", **LOW), "Find a better copy, best the original"),
        (told("inconclusive", "too-compressed", **LOW), "Find a better copy, best the original"),
        (told("inconclusive", "too-blurred", **NONE), "Find a better copy, best the original"),
        (told("inconclusive", "between-thresholds", **LOW), "Look at more of it:"),
        (told("inconclusive", "between-thresholds", kind="image", **LOW), "Hand in a better copy"),
        # of several, what has to be mended first
        (told("inconclusive", "too-noisy", "part-covered", **LOW), "Find the file as it was"),
        (told("inconclusive", "too-noisy", "no-colour", **LOW), "Find a copy in colour."),
        (told("inconclusive", "no-colour", "tones-lost", **LOW), "Find the film or picture"),
    ],
)
def test_the_next_step_fits_what_is_wrong(result: Analysis, beginning: str) -> None:
    assert next_step(result).startswith(beginning)


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("kind", ["video", "image"])
def test_there_is_a_next_step_whatever_the_reason(reason: str, kind: str) -> None:
    for probability in (0.2, None):
        result = told("inconclusive", reason, kind=kind, probability=probability)
        assert next_step(result).endswith(".")


def test_more_stretches_are_advised_only_where_there_is_room_for_them() -> None:
    """A clip of a second was analysed again and again, each time the same stretch of it."""
    film = told("inconclusive", "between-thresholds", **LOW)
    options = film.options.model_copy(update={"clips": 2})
    for stretches, room in (
        (((0.0, 0.5),), False),
        (((0.0, 0.5), (2.0, 2.5)), True),
        (((0.0, 0.5), (1.0, 1.5), (2.0, 2.5)), True),
        (None, True),
    ):
        made = film.model_copy(update={"stretches": stretches, "options": options})
        assert ("with more stretches" in next_step(made)) is room
        assert ("too short for more stretches" in next_step(made)) is not room
