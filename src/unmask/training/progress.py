"""How far a fit is, how fast it goes and how long it will take."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

log = logging.getLogger(__name__)
_LINE_EVERY_S = 20.0


class Meter:
    """Throughput of this sitting, and the time left at it."""

    def __init__(self, stage: str, start: int, steps: int, per_step: int) -> None:
        self.stage, self.steps = stage, steps
        self._first, self._per_step = start, per_step
        self._begun = time.monotonic()

    def seconds(self) -> float:
        """Since the stage was taken up."""
        return time.monotonic() - self._begun

    def rate(self, step: int) -> float:
        """Crops a second."""
        return (step - self._first) * self._per_step / max(self.seconds(), 1e-9)

    def words(self, step: int, loss: float) -> str:
        """One line for people."""
        rate = self.rate(step)
        left = (self.steps - step) * self._per_step / rate if rate else 0.0
        return f"loss {loss:.4f}, {rate:.1f} crops/s, {duration(left)} left"


class Display(Protocol):
    """Where the words go."""

    def show(self, meter: Meter, step: int, loss: float) -> None:
        """After each step."""


class LogDisplay:
    """A log line every now and then, for files and pipes."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def show(self, meter: Meter, step: int, loss: float) -> None:
        """See :class:`Display`."""
        now = time.monotonic()
        if now - self._last >= _LINE_EVERY_S or step == meter.steps:
            self._last = now
            log.info("%s %d/%d: %s", meter.stage, step, meter.steps, meter.words(step, loss))


class BarDisplay:
    """A bar, for terminals."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task = bars.add_task("", total=None, words="")

    def show(self, meter: Meter, step: int, loss: float) -> None:
        """See :class:`Display`."""
        self._bars.update(
            self._task,
            description=meter.stage,
            completed=step,
            total=meter.steps,
            words=meter.words(step, loss),
        )


@contextmanager
def display(console: Console | None) -> Iterator[Display]:
    """A bar on a terminal, log lines elsewhere or without a console."""
    if console is None or not console.is_terminal:
        yield LogDisplay()
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[words]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bars:
        yield BarDisplay(bars)


def duration(seconds: float) -> str:
    """``1 h 02 min``, ``3 min 20 s`` or ``12 s``."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    if whole >= 60:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole} s"
