"""``--trace``: when each stage ran, as a file for Perfetto."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from unmask.cli.files import STDOUT, Target
from unmask.cli.outcome import Outcome
from unmask.core.errors import UsageError
from unmask.pipeline import Trace


class TraceFile:
    """The trace of a scan as one of its reports; see :class:`unmask.cli.documents.Report`."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.trace = Trace(target.stream)

    def add(self, outcome: Outcome) -> None:
        """See :class:`unmask.cli.documents.Report`: the stages tell the trace themselves."""

    def publish(self) -> None:
        """See :class:`unmask.cli.documents.Report`. Nothing may be traced afterwards."""
        self.trace.close()
        self._target.publish()


@contextmanager
def tracing(place: str | None) -> Iterator[TraceFile | None]:
    """A trace for ``place``, let go of after the block; None without a place."""
    if place is None:
        yield None
        return
    if place == STDOUT:
        raise UsageError("--trace needs a file", hint="such as --trace trace.json")
    target = Target(place, "--trace")
    try:
        yield TraceFile(target)
    finally:
        target.close()
