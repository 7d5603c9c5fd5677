"""Which frames of a stretch become a window."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from unmask.core.frames import Frame, WindowPlan


class Shot(Protocol):
    """A decoded frame that is not converted yet."""

    @property
    def time(self) -> Fraction: ...  # noqa: D102

    @property
    def quantiser(self) -> float | None: ...  # noqa: D102

    def image(self, size: tuple[int, int]) -> NDArray[np.uint8]: ...  # noqa: D102


class Shots:
    """Decoded frames in order, of which the last may be given again."""

    def __init__(self, following: Callable[[], Shot | None]) -> None:
        self._following = following
        self._again: Shot | None = None

    def next(self) -> Shot | None:
        """None at the end."""
        again, self._again = self._again, None
        return again or self._following()

    def put_back(self, shot: Shot) -> None:
        """A frame that belongs to a later window, where it is the first to come."""
        self._again = shot


def pick(
    shots: Shots,
    plan: WindowPlan,
    *,
    count: int,
    size: tuple[int, int],
    after: Fraction | None = None,
) -> list[Frame]:
    """Up to ``count`` frames of the plan's slot, ``step`` apart from the first one found there.

    Of the frames around a wanted time the nearest is taken, each at most once; where they lie
    further apart than the step, that is every one. Frames up to ``after`` belong to the window
    before. Only frames that are taken are converted; one is held back for comparison.
    """
    taken: list[Frame] = []
    held: Shot | None = None
    wanted = plan.start
    while len(taken) < count and (shot := shots.next()) is not None:
        if shot.time >= plan.stop:
            shots.put_back(shot)
            break
        if shot.time < plan.start or (after is not None and shot.time <= after):
            continue
        if held is not None and wanted - held.time <= abs(shot.time - wanted):
            taken.append(_frame(held, size))
            wanted, held = wanted + plan.step, None
        if shot.time < wanted:
            held = shot
        elif len(taken) < count:
            held = None
            taken.append(_frame(shot, size))
            # The grid starts at the first frame, and anew after a gap.
            late = len(taken) == 1 or shot.time - wanted >= plan.step
            wanted = (shot.time if late else wanted) + plan.step
    if held is not None and len(taken) < count and wanted - held.time < plan.step / 2:
        taken.append(_frame(held, size))
    return taken


def _frame(shot: Shot, size: tuple[int, int]) -> Frame:
    return Frame(shot.time, shot.image(size), shot.quantiser)
