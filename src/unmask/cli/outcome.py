"""What became of one input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from unmask.core.analysis import Analysis
from unmask.core.scan import Failure
from unmask.evidence.custody import CustodyEvent

Origin = Literal["scanned", "history", "repeated"]


@dataclass(frozen=True, slots=True)
class Held:
    """What a report needs beside the result: the file (None: gone), and the document as recorded.

    ``id`` is its number in the history, "" where it is in none; ``custody`` what happened so far.
    """

    path: Path | None
    recorded: Analysis
    id: str
    custody: tuple[CustodyEvent, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The analysis of ``input``, or why there is none: exactly one of the two is given."""

    input: str
    result: Analysis | Failure
    origin: Origin = "scanned"
    held: Held | None = None
