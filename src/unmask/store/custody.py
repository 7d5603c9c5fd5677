"""What was done with a file, when, and by which version: the custody log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from unmask.store.history import History
from unmask.store.naming import RECEIVED, name_in
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
        self._database = history.database

    def add(
        self, analysis: str, event: str, detail: str = "", *, at: datetime | None = None
    ) -> None:
        """Log ``event`` for the analysis (or job) with this id; ``at`` None is now."""
        row = EventRow.of(analysis, event, detail, at=at)
        with self._database.writing() as session:
            session.add(row)

    def of(self, analysis: str) -> list[Event]:
        """The log of one analysis, the oldest line first."""
        query = select(EventRow).where(EventRow.analysis == analysis)
        with self._database.reading() as session:
            rows = session.scalars(query.order_by(EventRow.at, EventRow.id))
            return [Event(row.at, row.event, row.detail, row.unmask) for row in rows]


def other_names(events: Iterable[Event]) -> tuple[str, ...]:
    """The other names under which the bytes were handed in, each once, the latest first."""
    told = (name_in(one.detail) for one in events if one.event == RECEIVED)
    return tuple(dict.fromkeys(reversed([name for name in told if name])))
