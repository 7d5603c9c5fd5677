"""Where in a file to look: a few short windows, spread over its whole length."""

from __future__ import annotations

from fractions import Fraction

from unmask.core.frames import WindowPlan


def plan_windows(
    duration_s: float | None, *, clips: int, frames: int, step_s: float
) -> list[WindowPlan]:
    """One window in each of ``clips`` equal slots of the file, fewer if it is too short for them.

    ``duration_s`` None (a picture, or an unknown length) gives one window from the start. A slot
    is never shorter than the window itself: a clip of one second is one window, not four that
    look at the same frames.
    """
    step = Fraction(step_s).limit_denominator(10_000)
    length = step * frames
    if duration_s is None or duration_s <= 0:
        return [WindowPlan(Fraction(0), length, frames, step)]
    duration = Fraction(duration_s).limit_denominator(10_000)
    slots = max(1, min(clips, int(duration / length)))
    width = duration / slots
    return [WindowPlan(width * i, width * (i + 1), frames, step) for i in range(slots)]
