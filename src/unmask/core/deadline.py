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
    stop: threading.Event | None = None

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """A deadline ``seconds`` from now (monotonic clock); None for none."""
        return cls(None if seconds is None else time.monotonic() + seconds, seconds)

    def until(self, stop: threading.Event) -> Deadline:
        """The same, which ``stop`` ends as well: for work in other threads that nobody awaits."""
        return replace(self, stop=stop)

    def check(self, doing: str) -> None:
        """Raise :class:`TimeBudgetExceeded`, naming the stage, once the budget is spent."""
        if self.stop is not None and self.stop.is_set():
            raise TimeBudgetExceeded(f"stopped while {doing}")
        if self.at is not None and time.monotonic() > self.at:
            raise TimeBudgetExceeded(
                f"the time budget of {self.budget_s:g} s ran out while {doing}",
                hint="raise --timeout, or ask for fewer frames with --clips and --frames-per-clip",
            )
