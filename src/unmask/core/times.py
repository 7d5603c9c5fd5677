"""Times in a film as people write and read them."""

from __future__ import annotations

import re

from unmask.core.errors import UsageError

_TIME = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,4}):)?(\d{1,9}(?:[.,]\d{1,6})?)", re.ASCII)


def seconds_of(text: str) -> float:
    """Seconds of ``667``, ``667.5``, ``11:07`` or ``1:02:03.5``; a decimal comma will do, too.

    Raises :class:`UsageError` for anything else.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None or (match[2] is not None and float(match[3].replace(",", ".")) >= 60):
        raise UsageError(
            f"a time must be given in seconds or as 1:02:03, not {text[:40]!r}",
        )
    hours, minutes, seconds = (float((one or "0").replace(",", ".")) for one in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def clock(seconds: float, digits: int) -> str:
    """``1:02.5``, or ``1:00:02.5`` from an hour on; ``digits`` after the point, 0 for none."""
    whole, rest = divmod(round(seconds * 10**digits), 10**digits)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    start = f"{hours}:{minute:02d}" if hours else f"{minute}"
    return f"{start}:{second:02d}" + (f".{rest:0{digits}d}" if digits else "")
