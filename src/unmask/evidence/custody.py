"""The custody log: what happened to the file and its result, when, by which version."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from unmask.core.analysis import Analysis, Record
from unmask.core.version import __version__

Act = Literal["received", "analysed", "exported"]


class CustodyEvent(Record):
    """One line of the log. ``sha256`` is of what was handled: the file, or the document."""

    act: Act
    at: AwareDatetime
    unmask: str = Field(description="version of Unmask that did it")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    note: str = Field(default="", description="how or from where, in plain words")


def received(sha256: str, at: datetime, *, note: str = "") -> CustodyEvent:
    """The file with this hash came into the hands of this version of Unmask."""
    return CustodyEvent(act="received", at=at, unmask=__version__, sha256=sha256, note=note)


def analysed(analysis: Analysis, at: datetime, *, note: str = "") -> CustodyEvent:
    """The analysis was made. The hash is :func:`document_sha256`, the version the document's."""
    return CustodyEvent(
        act="analysed",
        at=at,
        unmask=analysis.unmask,
        sha256=document_sha256(analysis),
        note=note,
    )


def exported(analysis: Analysis, *, note: str = "", at: datetime | None = None) -> CustodyEvent:
    """A report was written, now unless ``at`` says when. The hash is of the document reported."""
    return CustodyEvent(
        act="exported",
        at=at or datetime.now(UTC),
        unmask=__version__,
        sha256=document_sha256(analysis),
        note=note,
    )


def document_sha256(analysis: Analysis) -> str:
    """SHA-256 of the ``unmask.analysis/1`` document as :meth:`Analysis.to_json` writes it.

    Of one that was read, as it was written then: fields that came since are left out, so that
    reports made before an upgrade and after it name the same document.
    """
    read = "schema_id" in analysis.model_fields_set  # nobody who makes one states its schema
    text = analysis.model_dump_json(by_alias=True, exclude_unset=read)
    return hashlib.sha256(text.encode()).hexdigest()
