"""The extra that this room needs beside the base install."""

from __future__ import annotations

from importlib.util import find_spec

from unmask.core.errors import MissingExtra

_NEEDED = ("sklearn", "jinja2")


def require_extra(purpose: str) -> None:
    """:class:`MissingExtra` where a library is absent: before the work, not after hours of it."""
    if any(find_spec(name) is None for name in _NEEDED):
        raise MissingExtra.named("evaluate", purpose)
