"""Numbers and times as a report writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

from unmask.core.analysis import Face
from unmask.core.wording import probability


def clock(seconds: float) -> str:
    """A time in the file as m:ss.mmm, or h:mm:ss.mmm from an hour on."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    text = f"{rest // 1000:02d}.{rest % 1000:03d}"
    if minutes < 60:
        return f"{minutes}:{text}"
    return f"{minutes // 60}:{minutes % 60:02d}:{text}"


def moment(time: datetime) -> str:
    """A date and time in UTC, to the second."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def size(count: int) -> str:
    """Bytes, exactly, and in larger units where that is easier to take in."""
    exact = f"{count:,} bytes"
    for unit, divisor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= divisor:
            return f"{exact} ({count / divisor:.1f} {unit})"
    return exact


def rate(frame_rate: str) -> str:
    """A frame rate such as ``29.97 per second (30000/1001)``."""
    value = float(Fraction(frame_rate))
    exact = "" if "/" not in frame_rate else f" ({frame_rate})"
    return f"{value:.2f}".rstrip("0").rstrip(".") + f" per second{exact}"


def score(face: Face, value: float | None) -> str:
    """A score as everywhere; that of a face that could not be judged is no number to go by."""
    if value is None:
        return "not scored"
    return probability(value) if face.judged else "not counted"


def plural(count: int, one: str, many: str = "") -> str:
    """``1 face``, ``2 faces``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
