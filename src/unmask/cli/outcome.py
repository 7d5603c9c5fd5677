"""What became of one input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unmask.core.analysis import Analysis
from unmask.core.scan import Failure

Origin = Literal["scanned", "history", "repeated"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The analysis of ``input``, or why there is none: exactly one of the two is given."""

    input: str
    result: Analysis | Failure
    origin: Origin = "scanned"
