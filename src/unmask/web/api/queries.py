"""What a query may ask for; :class:`UsageError` for what makes no sense."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import cast, get_args

from flask import request

from unmask.core.analysis import Label
from unmask.core.errors import UsageError
from unmask.store import Entry, Filters, Job

LONGEST_TEXT = 1000
"""Far beyond any name of a file; SQLite looks for no more than some ten thousand letters."""

CODE = "^[a-z][a-z-]{0,39}$"
"""Of an error."""

PLACE = "^[0-9]{16}-[0-9a-f]{20}$"
"""Of a job or analysis: microseconds since 1970, up to the year 2286, and its id."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def filters() -> Filters:
    """Which analyses."""
    text = request.args.get("text") or None
    if text is not None and len(text) > LONGEST_TEXT:
        raise UsageError(f"text must be at most {LONGEST_TEXT} letters long")
    return Filters(
        text=text,
        label=cast(Label | None, one_of("label", get_args(Label), None)),
        since=moment("since"),
        until=moment("until"),
    )


def one_of(name: str, allowed: tuple[str, ...], usual: str | None) -> str | None:
    """The parameter ``name``, which must be one of ``allowed`` if given."""
    given = request.args.get(name)
    if given is None:
        return usual
    if given not in allowed:
        raise UsageError(f"{name} must be one of {', '.join(allowed)}")
    return given


def whole(name: str, usual: int, low: int, high: int) -> int:
    """The parameter ``name`` as a whole number from ``low`` to ``high``."""
    text = request.args.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and low <= int(text) <= high):
        raise UsageError(f"{name} must be a whole number from {low} to {high}")
    return int(text)


def moment(name: str) -> datetime | None:
    """The parameter ``name`` as a time with its zone, None where it is not given."""
    text = request.args.get(name)
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):  # in UTC it may lie before the year 1 or after 9999
        pass
    raise UsageError(f"{name} must be a time with its zone, such as 2026-01-31T12:00:00Z")


def place_of(last: Job | Entry) -> str:
    """Where a page ends: as the parameter that :func:`place` reads."""
    return f"{(last.created_at - _EPOCH) // _MICROSECOND:016d}-{last.id}"


def place(name: str) -> tuple[datetime, str] | None:
    """The parameter ``name`` as the place of a job or analysis, None where it is not given."""
    text = request.args.get(name)
    if text is None:
        return None
    if not re.fullmatch(PLACE, text):
        raise UsageError(f"{name} must be as in the address that the page before names as next")
    time, _, id = text.partition("-")
    return _EPOCH + int(time) * _MICROSECOND, id


def code(name: str) -> str | None:
    """The parameter ``name`` as the code of an error, None where it is not given."""
    text = request.args.get(name)
    if text is not None and not re.fullmatch(CODE, text):
        raise UsageError(f"{name} must be the code of an error, such as disk-full")
    return text


def truth(name: str, text: str) -> bool:
    """Whether ``name`` says yes; it says no where it is empty."""
    if text.lower() in ("1", "true", "yes"):
        return True
    if text.lower() in ("", "0", "false", "no"):
        return False
    raise UsageError(f"{name} must be true or false, not {text[:40]!r}")


def nothing_else(given: Iterable[str], known: Collection[str]) -> None:
    """Refuse names that mean nothing here: a misspelt filter would leave everything in the list,
    a misspelt option would analyse a million files as nobody wanted.
    """
    for name in given:
        if name not in known:
            raise UsageError(
                f"nothing here is called {name[:40]!r}",
                hint=f"there is {', '.join(known)}" if known else "leave it out",
            )
