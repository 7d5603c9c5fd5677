"""``--trace``: when each stage ran, as a file for Perfetto."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from unmask.cli.files import STDOUT, Target
from unmask.core.errors import UsageError
from unmask.pipeline import Trace


@contextmanager
def tracing(place: str | None) -> Iterator[Trace | None]:
    """A trace that is written to ``place`` when the block is done; None without a place."""
    if place is None:
        yield None
        return
    if place == STDOUT:
        raise UsageError("--trace needs a file", hint="such as --trace trace.json")
    target = Target(place, "--trace")
    try:
        trace = Trace(target.stream)
        yield trace
        trace.close()
        target.publish()
    finally:
        target.close()
