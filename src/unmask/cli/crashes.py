"""What becomes of an exception that nobody foresaw: a sentence, and a report that can be sent."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime

from unmask.core.errors import StoreError
from unmask.core.paths import data_folder
from unmask.core.scan import Failure
from unmask.core.version import __version__

CODE = "internal"


def describe(error: Exception, doing: str = "") -> Failure:
    """The failure for people; the traceback goes to a file that the hint names."""
    subject = f"{doing}: " if doing else ""
    if isinstance(error, MemoryError):
        return Failure(
            code=CODE,
            message=f"{subject}the memory did not suffice",
            hint="close other programs, or ask for less with --clips and --frames-per-clip",
        )
    flaw = " ".join(str(error).split())[:300]
    return Failure(
        code=CODE,
        message=f"{subject}Unmask failed unexpectedly: {type(error).__name__}: {flaw}",
        hint=f"this is a bug in Unmask; please report it with {_report(error, doing)} "
        "and the output of 'unmask doctor'",
    )


def _report(error: Exception, doing: str) -> str:
    text = "".join(traceback.format_exception(error))
    now = datetime.now(UTC)
    try:
        folder = data_folder() / "crashes"
        path = folder / f"{now:%Y%m%dT%H%M%S.%f}.txt"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(
            f"unmask {__version__}, {now:%Y-%m-%d %H:%M:%S} UTC\n{doing}\n{text}",
            encoding="utf-8",
            errors="backslashreplace",
        )
    except (OSError, StoreError):
        return "this message"  # no folder can be written: the sentence has to do
    return str(path)
