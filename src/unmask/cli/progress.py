"""A progress bar on stderr, for one file after the other or several at a time."""

from __future__ import annotations

import threading
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
    """One bar for the whole scan. Safe to call from several threads.

    For one file after the other, :meth:`begin`, calls as :class:`unmask.pipeline.Progress`, and
    :meth:`end`; for several at a time, :meth:`watching`.
    """

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
        self._lock = threading.Lock()
        self._done = 0
        self._parts: dict[Watch, float] = {}  # of each file at work, 0 to 1
        self._single = Watch(self, "")

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

    @contextmanager
    def watching(self, name: str) -> Iterator[Watch]:
        """For the block, one of the files at work is this."""
        watch = Watch(self, name)
        watch("open", 0, 1)
        try:
            yield watch
        finally:
            self.finished(watch)

    def begin(self, name: str) -> None:
        """The next file is this."""
        self._single = Watch(self, name)
        self("open", 0, 1)

    def end(self) -> None:
        """The file is done."""
        self.finished(self._single)

    def __call__(self, stage: Stage, done: int, total: int, /) -> None:
        """See :class:`unmask.pipeline.Progress`."""
        self._single(stage, done, total)

    def reached(self, watch: Watch, part: float, words: str) -> None:
        """So much of a file is done, 0 to 1, and what is being done to it."""
        with self._lock:
            self._parts[watch] = part
            others = f" and {len(self._parts) - 1} more" if len(self._parts) > 1 else ""
            self._show(words + others)

    def finished(self, watch: Watch) -> None:
        """A file is done."""
        with self._lock:
            self._parts.pop(watch, None)
            self._done += 1
            self._show(None)

    def _show(self, words: str | None) -> None:
        completed = self._done + sum(self._parts.values())
        self._bars.update(self._task, completed=completed, description=words)


class Watch:
    """One file's part of the bar, called as :class:`unmask.pipeline.Progress`."""

    def __init__(self, bar: ScanProgress, name: str) -> None:
        safe = Text(printable(name))
        safe.truncate(_NAME, overflow="ellipsis")
        self._bar, self._name = bar, safe.plain

    def __call__(self, stage: Stage, done: int, total: int, /) -> None:
        """See :class:`unmask.pipeline.Progress`."""
        start, share = _PARTS[stage]
        part = start + share * (done / total if total else 1.0)
        self._bar.reached(self, part, f"{_WORDS[stage]} {self._name}")
