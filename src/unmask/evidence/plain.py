"""Data that another program or another version wrote: nothing in it need have its usual form."""

from __future__ import annotations

from typing import Any


def mapping(value: object) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """What a list holds; nothing of any other value."""
    return list(value) if isinstance(value, list | tuple) else []


def figure(value: object) -> float | None:
    """A number; None for what is none. True and False are none."""
    return value if isinstance(value, float | int) and not isinstance(value, bool) else None


def count(value: object) -> int:
    """A whole number of things, 0 where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
