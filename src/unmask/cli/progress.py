"""A progress bar on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from unmask.cli.terminal import printable
from unmask.pipeline import Stage

# What part of a file's time each stage starts at and takes, roughly: enough for a bar that moves.
_PARTS: dict[Stage, tuple[float, float]] = {
    "open": (0.0, 0.05),
    "look": (0.05, 0.75),
    "score": (0.8, 0.2),
}
_WORDS: dict[Stage, str] = {"open": "reading", "look": "looking at", "score": "judging"}
_NAME = 40


class ScanProgress:
    """One bar for the whole scan; call it as :class:`unmask.pipeline.Progress`."""

    def __init__(self, console: Console, files: int, *, shown: bool) -> None:
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,  # results must not end up on stderr
            disable=not shown,
        )
        self._task = self._bars.add_task("", total=files)
        self._done = 0
        self._name = ""

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while something else is printed."""
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()

    def begin(self, name: str) -> None:
        """The next file is this."""
        safe = Text(printable(name))
        safe.truncate(_NAME, overflow="ellipsis")
        self._name = safe.plain
        self("open", 0, 1)

    def end(self) -> None:
        """The file is done."""
        self._done += 1
        self._bars.update(self._task, completed=self._done)

    def __call__(self, stage: Stage, done: int, total: int, /) -> None:
        """See :class:`unmask.pipeline.Progress`."""
        start, share = _PARTS[stage]
        part = start + share * (done / total if total else 1.0)
        self._bars.update(
            self._task, completed=self._done + part, description=f"{_WORDS[stage]} {self._name}"
        )
