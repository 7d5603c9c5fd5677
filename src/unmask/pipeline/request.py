"""What a caller may ask for, checked once, before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from numbers import Integral, Real
from typing import Final

from unmask.core.analysis import Thresholds
from unmask.core.errors import UsageError

# What each number may be. The upper ends keep a slip of the finger from costing hours.
RANGES: Final = {
    "clips": (1, 256),
    "frames_per_clip": (1, 64),
    "min_face": (12, 2048),
    "max_faces": (1, 1000),
}


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """How to look at a file. :class:`UsageError` for a number out of its range, or none.

    ``clips`` windows spread over the file, and up to one less between them where these tell little
    (small faces, coarse coding, no face yet); ``frames_per_clip`` None takes the model's number;
    ``min_face`` is the shorter side, in pixels of the displayed frame, of the smallest face looked
    for (12 to 2048; the cost of detection grows with its inverse square); ``max_faces`` faces are
    scored, the largest and most seen first; ``thresholds`` None takes the model's. ``from_s`` and
    ``to_s`` are the seconds between which alone a film is looked at, None for its start and its
    end; of a picture they say nothing.
    """

    clips: int = 4
    frames_per_clip: int | None = None
    min_face: int = 40
    max_faces: int = 8
    thresholds: Thresholds | None = None
    from_s: float | None = None
    to_s: float | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is None and name == "frames_per_clip":
                continue
            whole = not isinstance(value, bool) and isinstance(value, Integral)
            if not (whole and low <= value <= high):
                raise UsageError(
                    f"{name} must be a whole number from {low} to {high}, not {value!r}"
                )
            self._set(name, int(value))
        self._check_part()
        if self.thresholds is None:
            return
        if not isinstance(self.thresholds, Thresholds):
            raise UsageError(
                "thresholds must be Thresholds(low=..., high=...) of unmask.core.analysis, "
                f"not {self.thresholds!r}"
            )
        if self.thresholds.low > self.thresholds.high:
            raise UsageError("the low threshold lies above the high one")

    def _check_part(self) -> None:
        for name in ("from_s", "to_s"):
            value = getattr(self, name)
            if value is None:
                continue
            number = not isinstance(value, bool) and isinstance(value, Real)
            if not (number and 0 <= value < inf):
                raise UsageError(f"{name} must be a number of seconds from 0 on, not {value!r}")
            self._set(name, float(value))
        if self.to_s is not None and self.to_s <= (self.from_s or 0.0):
            raise UsageError(
                "the part to look at ends before it begins",
                hint="name its beginning first, then its end",
            )

    def _set(self, name: str, value: float) -> None:
        """In place of NumPy's numbers, or a fraction, which are none of JSON's."""
        object.__setattr__(self, name, value)


DEFAULT_REQUEST: Final = AnalysisRequest()
