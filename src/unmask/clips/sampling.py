"""Where in a file to look: a few short windows, spread over its whole length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from unmask.core.frames import WindowPlan


def plan_windows(
    duration_s: float | None,
    *,
    clips: int,
    frames: int,
    step_s: float,
    part: tuple[float | None, float | None] = (None, None),
) -> list[WindowPlan]:
    """One window in each of ``clips`` equal slots of the file, fewer if it is too short for them.

    ``part``: from which second to which, where not the whole file is wanted (None: from its start,
    to its end). No plan at all where the file ends before that part begins.

    ``duration_s`` None (a picture, or an unknown length) gives one window from the start. A slot
    is never shorter than the window itself: a clip of one second is one window, not four that
    look at the same frames.
    """
    step = Fraction(step_s).limit_denominator(10_000)
    length = step * frames
    first, end = part[0] or 0.0, part[1]
    if duration_s is not None and duration_s > 0:
        end = duration_s if end is None else min(end, duration_s)
    start = Fraction(first).limit_denominator(10_000)
    if end is None:
        return [WindowPlan(start, start + length, frames, step)]
    whole = Fraction(end).limit_denominator(10_000) - start
    if whole <= 0:
        return []
    slots = max(1, min(clips, int(whole / length)))
    width = whole / slots
    return [
        WindowPlan(start + width * i, start + width * (i + 1), frames, step) for i in range(slots)
    ]


def with_spares(plans: Sequence[WindowPlan]) -> Iterator[WindowPlan]:
    """The same, and a spare window in the second half of each slot that has room for two.

    Of a single window none: what would it be wanted for by the time it is over?
    """
    for plan in plans:
        yield plan
        middle = (plan.start + plan.stop) / 2
        if len(plans) > 1 and plan.stop - middle >= plan.step * plan.frames:
            yield replace(plan, start=middle, spare=True)
