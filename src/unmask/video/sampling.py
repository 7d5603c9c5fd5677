"""Which frames of a stretch become a window."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Protocol

from unmask.core.frames import Frame, WindowPlan


class Shot(Protocol):
    """A decoded frame that is not converted yet."""

    @property
    def time(self) -> Fraction: ...  # noqa: D102

    def shown(self, size: tuple[int, int]) -> Frame: ...  # noqa: D102


_QUARTER = 4
_LATELY = 2  # steps


class Shots:
    """Decoded frames in order, of which the last may be given again.

    Those that flash up are passed over: no screen shows a frame of two thousandths of a second
    among others of forty, and who knows where a window's frames are wanted could put there what
    nobody ever sees. That is one that stays for less than a quarter of the time that another about
    it does, where longer than the ``step`` between wanted frames is as long as that. Where all are
    as short, as of a fast camera, none is.
    """

    def __init__(self, following: Callable[[], Shot | None], step: Fraction) -> None:
        self._following, self._step = following, step
        self._again: Shot | None = None
        self._ahead: deque[Shot] = deque()
        self._long: tuple[Fraction, Fraction] | None = None  # when one began that stayed, how long

    def next(self) -> Shot | None:
        """None at the end."""
        again, self._again = self._again, None
        if again is not None:
            return again
        while (shot := self._decoded()) is not None:
            if not self._flashes_up(shot):
                return shot
        return None

    def put_back(self, shot: Shot) -> None:
        """A frame that belongs to a later window, where it is the first to come."""
        self._again = shot

    def _decoded(self) -> Shot | None:
        """The next one, with two behind it in ``_ahead`` where there are any."""
        while len(self._ahead) < 3 and (shot := self._following()) is not None:
            self._ahead.append(shot)
        return self._ahead.popleft() if self._ahead else None

    def _flashes_up(self, shot: Shot) -> bool:
        times = [shot.time, *(one.time for one in self._ahead)]
        stays = [min(self._step, after - before) for before, after in pairwise(times)]
        if not stays:  # the last of all
            return False
        if self._long is not None and shot.time - self._long[0] > _LATELY * self._step:
            self._long = None
        longest = max(stays[1:], default=Fraction(0))
        if self._long is not None:
            longest = max(longest, self._long[1])
        if self._long is None or stays[0] >= self._long[1]:
            self._long = shot.time, stays[0]
        return stays[0] * _QUARTER < longest


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
            taken.append(held.shown(size))
            wanted, held = wanted + plan.step, None
        if shot.time < wanted:
            held = shot
        elif len(taken) < count:
            held = None
            taken.append(shot.shown(size))
            # The grid starts at the first frame, and anew after a gap.
            late = len(taken) == 1 or shot.time - wanted >= plan.step
            wanted = (shot.time if late else wanted) + plan.step
    if held is not None and len(taken) < count and wanted - held.time < plan.step / 2:
        taken.append(held.shown(size))
    return taken
