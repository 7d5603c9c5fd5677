"""Numbers and times as a report writes them, in its language."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

from unmask.core import times
from unmask.core.analysis import Face
from unmask.core.language import _, local
from unmask.core.wording import precise_probability
from unmask.core.wording import probability as plain_probability


def clock(seconds: float) -> str:
    """A time in the file as m:ss.mmm, or h:mm:ss.mmm from an hour on."""
    return local(times.clock(seconds, 3))


def moment(time: datetime) -> str:
    """A date and time in UTC, to the second."""
    pattern = _("%Y-%m-%d %H:%M:%S")
    return f"{time.astimezone(UTC).strftime(pattern)} UTC"


def whole(count: int) -> str:
    """A count, its thousands separated."""
    return local(f"{count:,}")


def number(value: float, digits: int) -> str:
    """A figure with so many digits after the point."""
    return local(f"{value:.{digits}f}")


def limit(value: float) -> str:
    """A threshold with as many digits as it has."""
    return local(f"{value:g}")


def size(count: int) -> str:
    """Bytes, exactly, and in larger units where that is easier to take in."""
    exact = _("%(n)s bytes", n=whole(count))
    for unit, divisor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= divisor:
            return f"{exact} ({number(count / divisor, 1)} {unit})"
    return exact


def rate(frame_rate: str) -> str:
    """A frame rate such as ``29.97 per second (30000/1001)``."""
    value = f"{float(Fraction(frame_rate)):.2f}".rstrip("0").rstrip(".")
    exact = "" if "/" not in frame_rate else f" ({frame_rate})"
    return _("%(n)s per second", n=local(value)) + exact


def probability(value: float | None) -> str:
    """As everywhere: two digits, and never a certainty."""
    return local(plain_probability(value))


def precise(value: float) -> str:
    """A probability to four digits."""
    return local(precise_probability(value))


def score(face: Face, value: float | None) -> str:
    """A score as everywhere; that of a face that could not be judged is no number to go by."""
    if value is None:
        return _("not scored")
    return probability(value) if face.judged else _("not counted")
