"""Who is to be told when a job has ended: kept in the database, so that no restart forgets it.

A delivery waits from the submission on and falls due when its job has ended. Taking one is a
conditional UPDATE that also sets when it falls due again: of any number of workers one tries,
and if that one dies over it another does later.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session

from unmask.store.failures import explained
from unmask.store.history import History
from unmask.store.jobs import ACTIVE
from unmask.store.schema import AnalysisRow, DeliveryRow, JobRow

DeliveryState = Literal["waiting", "delivered", "given-up"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One address for one analysis. ``problem`` is why the latest of ``attempts`` failed."""

    id: str
    analysis: str
    url: str
    created_at: datetime
    state: DeliveryState
    attempts: int
    next_at: datetime
    problem: str


class Deliveries:
    """Those in the database of ``history``. Raises :class:`StoreError` as the history does."""

    def __init__(self, history: History) -> None:
        self._place = history.place
        self._reader, self._writer = history.engines

    def add(self, analysis: str, url: str) -> Delivery:
        """Have ``url`` told when the job has ended, or soon if it has; the same twice is one."""
        wanted = (DeliveryRow.analysis == analysis, DeliveryRow.url == url)
        with explained(self._place, "write to"), Session(self._writer) as session, session.begin():
            waiting = select(DeliveryRow).where(*wanted, DeliveryRow.state == "waiting")
            row = session.scalars(waiting.limit(1)).first()
            if row is None:
                row = _row(analysis, url)
                session.add(row)
            return _delivery(row)

    def of(self, analysis: str) -> list[Delivery]:
        """Those of one analysis, the oldest first."""
        query = select(DeliveryRow).where(DeliveryRow.analysis == analysis)
        with explained(self._place, "read"), Session(self._reader) as session:
            rows = session.scalars(query.order_by(DeliveryRow.created_at, DeliveryRow.id))
            return [_delivery(row) for row in rows]

    def waiting(self) -> int:
        """How many have neither been received nor given up, those of jobs not ended among them."""
        query = select(func.count()).select_from(DeliveryRow).where(DeliveryRow.state == "waiting")
        with explained(self._place, "read"), Session(self._reader) as session:
            return session.scalar(query) or 0

    def take(self, lease_s: float, limit: int) -> list[Delivery]:
        """Up to ``limit`` that are due now, for this worker alone; again due after ``lease_s``."""
        now = datetime.now(UTC)
        again = now + timedelta(seconds=lease_s)
        return [
            replace(one, attempts=one.attempts + 1, next_at=again)
            for one in self._due(now, limit)
            if self._change(one, attempts=one.attempts + 1, next_at=again)
        ]

    def delivered(self, one: Delivery) -> bool:
        """It was received; False where another attempt has overtaken this one."""
        return self._change(one, state="delivered", problem="")

    def failed(self, one: Delivery, problem: str, wait_s: float | None) -> bool:
        """It was not received: try again after ``wait_s``, never for None."""
        if wait_s is None:
            return self._change(one, state="given-up", problem=problem)
        again = datetime.now(UTC) + timedelta(seconds=wait_s)
        return self._change(one, next_at=again, problem=problem)

    def _due(self, now: datetime, limit: int) -> list[Delivery]:
        same = JobRow.id == DeliveryRow.analysis
        ended = exists().where(same, JobRow.state.not_in(ACTIVE))
        known = exists().where(AnalysisRow.id == DeliveryRow.analysis) & ~exists().where(same)
        query = select(DeliveryRow).where(
            DeliveryRow.state == "waiting", DeliveryRow.next_at <= now, or_(ended, known)
        )
        with explained(self._place, "read"), Session(self._reader) as session:
            rows = session.scalars(query.order_by(DeliveryRow.next_at).limit(limit))
            return [_delivery(row) for row in rows]

    def _change(self, one: Delivery, **values: Any) -> bool:
        """Change it, if it is still in the very attempt that ``one`` shows."""
        same = (
            DeliveryRow.id == one.id,
            DeliveryRow.state == "waiting",
            DeliveryRow.attempts == one.attempts,
        )
        with explained(self._place, "write to"), self._writer.begin() as connection:
            done = connection.execute(update(DeliveryRow).where(*same).values(**values))
            return done.rowcount > 0


def _row(analysis: str, url: str) -> DeliveryRow:
    now = datetime.now(UTC)
    return DeliveryRow(
        id=secrets.token_hex(10),
        analysis=analysis,
        url=url,
        created_at=now,
        state="waiting",
        attempts=0,
        next_at=now,
        problem="",
    )


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(**{name: getattr(row, name) for name in Delivery.__dataclass_fields__})
