"""What was done with a file, when, and by which version: the custody log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from unmask.store.failures import explained
from unmask.store.history import History
from unmask.store.schema import EventRow


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log. ``event`` is received, analysed, exported or similar."""

    at: datetime
    event: str
    detail: str
    unmask: str


class CustodyLog:
    """The log in the database of ``history``. It is only ever added to, and dies with its file."""

    def __init__(self, history: History) -> None:
        self._place = history.place
        self._reader, self._writer = history.engines

    def add(
        self, analysis: str, event: str, detail: str = "", *, at: datetime | None = None
    ) -> None:
        """Log ``event`` for the analysis (or job) with this id; ``at`` None is now."""
        row = EventRow.of(analysis, event, detail, at=at)
        with explained(self._place, "write to"), Session(self._writer) as session, session.begin():
            session.add(row)

    def of(self, analysis: str) -> list[Event]:
        """The log of one analysis, the oldest line first."""
        query = select(EventRow).where(EventRow.analysis == analysis)
        with explained(self._place, "read"), Session(self._reader) as session:
            rows = session.scalars(query.order_by(EventRow.at, EventRow.id))
            return [Event(row.at, row.event, row.detail, row.unmask) for row in rows]
