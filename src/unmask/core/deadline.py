"""A time budget that stages check between units of work."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace

from unmask.core.errors import TimeBudgetExceeded


@dataclass(frozen=True, slots=True)
class Deadline:
    """Ends work on one file. ``Deadline.after(None)`` never expires."""

    at: float | None
    budget_s: float | None
    stops: tuple[threading.Event, ...] = ()

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """A deadline ``seconds`` from now (monotonic clock); None for none."""
        return cls(None if seconds is None else time.monotonic() + seconds, seconds)

    def until(self, stop: threading.Event) -> Deadline:
        """The same, which ``stop`` ends as well: for work in other threads that nobody awaits."""
        return replace(self, stops=(*self.stops, stop))

    def later(self, seconds: float) -> Deadline:
        """The same with ``seconds`` more to go: those that were spent waiting for other files."""
        return self if self.at is None else replace(self, at=self.at + seconds)

    @property
    def half_left(self) -> bool:
        """Whether half of the budget is left; without one, always."""
        if self.at is None or self.budget_s is None:
            return True
        return self.at - time.monotonic() >= self.budget_s / 2

    def check(self, doing: str) -> None:
        """Raise :class:`TimeBudgetExceeded`, naming the stage, once the budget is spent."""
        self.check_stopped(doing)
        if self.at is not None and time.monotonic() > self.at:
            raise TimeBudgetExceeded(
                f"the time budget of {self.budget_s:g} s ran out while {doing}",
                hint="raise --timeout, or ask for fewer frames with --clips and --frames-per-clip",
            )

    def check_stopped(self, doing: str) -> None:
        """As :meth:`check`, where time does not count."""
        if any(stop.is_set() for stop in self.stops):
            raise TimeBudgetExceeded(f"stopped while {doing}")
