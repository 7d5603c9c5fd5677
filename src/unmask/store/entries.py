"""What the history hands out: entries of the list, whole analyses, and how to ask for them."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import ValidationError

from unmask.core.analysis import Analysis, Label
from unmask.core.errors import StoreError
from unmask.core.wording import spreadsheet_safe

KEY_BYTES = 2000
"""How long the names may be, in all, by which one analysis is found: PostgreSQL's indexes refuse
rows from 2704 bytes on, and in theirs other columns go before.
"""

Order = Literal["newest", "oldest", "name", "most-manipulated"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One analysis in a list. ``source`` is the path it was read from, None for an upload."""

    id: str
    created_at: datetime
    sha256: str
    model_sha256: str
    fingerprint: str
    name: str
    source: str | None
    kind: str
    label: str
    probability: float | None
    model_name: str
    model_version: str
    unmask: str

    def as_row(self) -> dict[str, Any]:
        """Flat, for CSV: the fields in order, the time as ISO 8601 in UTC.

        An uploader chose the name: ``'`` precedes what a spreadsheet would take for a formula.
        """
        changed = {"created_at": self.created_at.isoformat(), "name": spreadsheet_safe(self.name)}
        return asdict(self) | changed


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry with its document, the very JSON text that was recorded."""

    entry: Entry
    document: str

    @property
    def analysis(self) -> Analysis:
        """The document as records; :class:`StoreError` if this version cannot read it."""
        try:
            return Analysis.from_json(self.document)
        except ValidationError as error:
            raise StoreError(
                f"analysis {self.entry.id} was recorded by Unmask {self.entry.unmask} "
                f"in a form that this version cannot read: {error.error_count()} differences",
                hint="scan the file again with --fresh; export still gives the document as it is",
            ) from error

    @property
    def readable(self) -> Analysis | None:
        """The same; None where this version cannot read it: it answers nobody, and hinders nobody.

        A database outlives versions, and disks: of a million entries one may be broken.
        """
        try:
            return self.analysis
        except StoreError:
            return None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which analyses: all conditions given must hold.

    ``text`` is part of the file's name, whatever its case, or the beginning of its SHA-256 (from
    eight digits on). ``since`` is inclusive, ``until`` exclusive; both must be aware.
    """

    text: str | None = None
    label: Label | None = None
    since: datetime | None = None
    until: datetime | None = None


def search_key(name: str) -> str:
    """One spelling for names that look alike: case folded, composed (macOS decomposes accents).

    As long as an index holds: there are signs that stand for eighteen letters.
    """
    return unicodedata.normalize("NFKC", name).casefold()[: KEY_BYTES // 4]


def also_found_by(keys: str, key: str) -> str:
    """The search keys of an analysis, a line each, and one more, unless it is among them.

    It is sorted by the first, which stays; of the others the oldest go where there are more than
    an index holds. A clip that goes around is sent under a thousand names.
    """
    first, *others = dict.fromkeys([*keys.split("\n"), key])
    while others and len("\n".join((first, *others)).encode()) > KEY_BYTES:
        del others[0]
    return "\n".join((first, *others))


def aware(time: datetime) -> datetime:
    """The time in UTC; ValueError for one without a zone, which could mean any.

    In the first and last day that there is, which may have no counterpart there, it stays as it is.
    """
    if time.tzinfo is None:
        raise ValueError("the history needs times with a time zone")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        return time.replace(tzinfo=UTC)
