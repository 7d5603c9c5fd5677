"""Imports of what only an extra brings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from unmask.core.errors import MissingExtra


@contextmanager
def needing(extra: str, purpose: str) -> Iterator[None]:
    """Around imports: :class:`MissingExtra` where what ``extra`` brings is absent.

    ``purpose`` says what for; ``{absent}`` in it is the name of the module that is. A module of
    our own that cannot be imported is a fault that no extra mends, and is raised as it is.
    """
    try:
        yield
    except ImportError as error:
        name = error.name or ""
        if name.partition(".")[0] == "unmask":
            raise
        raise MissingExtra.named(extra, purpose.replace("{absent}", name)) from error
