"""Who is to be told when a job has ended: kept in the database, so that no restart forgets it.

A delivery waits from the submission on and falls due when its job has ended: whatever ends the
job sets that in the same transaction, so that nobody has to look through those of all jobs that
wait. Taking one is a conditional UPDATE that also sets when it falls due again: of any number of
workers one tries, and if that one dies over it another does later.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from sqlalchemy import case, exists, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from unmask.store.booked import ACTIVE
from unmask.store.history import History
from unmask.store.schema import AnalysisRow, DeliveryRow, JobRow

WHEN_ENDED = datetime(9999, 1, 1, tzinfo=UTC)
"""When webhooks of a job that goes on fall due."""

_RIVALS = 10  # other workers, which may be faster at this one and the next
DeliveryState = Literal["waiting", "delivered", "given-up"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One address for one analysis. ``problem`` is why the latest of ``attempts`` failed.

    ``host`` is the host, and port, of ``url``: what may be down as a whole.
    """

    id: str
    analysis: str
    url: str
    host: str
    created_at: datetime
    state: DeliveryState
    attempts: int
    next_at: datetime
    problem: str


class Deliveries:
    """Those in the database of ``history``. Raises :class:`StoreError` as the history does."""

    def __init__(self, history: History) -> None:
        self._database = history.database

    def add(self, analysis: str, url: str) -> Delivery:
        """Have ``url`` told when the job has ended, or soon if it has; the same twice is one."""
        with self._database.writing() as session:
            return _delivery(to_be_told(session, analysis, url))

    def of(self, analysis: str) -> list[Delivery]:
        """Those of one analysis, the oldest first."""
        query = select(DeliveryRow).where(DeliveryRow.analysis == analysis)
        with self._database.reading() as session:
            rows = session.scalars(query.order_by(DeliveryRow.created_at, DeliveryRow.id))
            return [_delivery(row) for row in rows]

    def counted(self, state: DeliveryState) -> int:
        """How many are in that state; of jobs that have not ended yet all wait."""
        query = select(func.count()).select_from(DeliveryRow).where(DeliveryRow.state == state)
        with self._database.reading() as session:
            return session.scalar(query) or 0

    def again(self, analysis: str) -> int:
        """Have everybody told once more who has been told of it, or been given up; how many.

        As new messages, since who has received one knows it by its id.
        """
        ended = (DeliveryRow.analysis == analysis, DeliveryRow.state != "waiting")
        with self._database.writing() as session:
            urls = list(session.scalars(select(DeliveryRow.url).where(*ended).distinct()))
            for url in urls:
                to_be_told(session, analysis, url)
            return len(urls)

    def revive(self, *, most: int) -> int:
        """Have so many at most of those tried anew that were given up; how many there were.

        They are the same messages: nobody has received them.
        """
        lost = DeliveryRow.state == "given-up"
        now = datetime.now(UTC)
        with self._database.changing() as connection:
            ids = list(connection.scalars(select(DeliveryRow.id).where(lost).limit(most)))
            tried = update(DeliveryRow).where(DeliveryRow.id.in_(ids), lost)
            values = {"state": "waiting", "attempts": 0, "next_at": now}
            return connection.execute(tried.values(values)).rowcount

    def hosts_due(self, limit: int) -> list[str]:
        """The hosts for which something is due now, those that have waited longest first."""
        oldest = func.min(DeliveryRow.next_at)
        query = select(DeliveryRow.host).where(*_due(datetime.now(UTC))).group_by(DeliveryRow.host)
        with self._database.reading() as session:
            return list(session.scalars(query.order_by(oldest).limit(limit)))

    def take(self, host: str, lease_s: float) -> Delivery | None:
        """One that is due there now, for this worker alone; again due after ``lease_s``."""
        now = datetime.now(UTC)
        again = now + timedelta(seconds=lease_s)
        query = select(DeliveryRow).where(DeliveryRow.host == host, *_due(now))
        for _ in range(_RIVALS):
            with self._database.reading() as session:
                row = session.scalars(query.order_by(DeliveryRow.next_at).limit(1)).first()
                one = None if row is None else _delivery(row)
            if one is None:
                return None
            if self._change(one, attempts=one.attempts + 1, next_at=again):
                return replace(one, attempts=one.attempts + 1, next_at=again)
        return None

    def delivered(self, one: Delivery) -> bool:
        """It was received; False where another attempt has overtaken this one."""
        return self._change(one, state="delivered", problem="")

    def failed(self, one: Delivery, problem: str, wait_s: float | None) -> bool:
        """It was not received: try again after ``wait_s``, never for None."""
        if wait_s is None:
            return self._change(one, state="given-up", problem=problem)
        again = datetime.now(UTC) + timedelta(seconds=wait_s)
        return self._change(one, next_at=again, problem=problem)

    def unanswered(self, host: str, problem: str, waits_s: Sequence[float]) -> int:
        """Nobody answers there: whatever else is due there has been tried in vain as well.

        Each waits as long as an attempt of its own would have had it wait; how many there were.
        """
        now = datetime.now(UTC)
        tried = DeliveryRow.attempts
        again = {number: now + timedelta(seconds=wait) for number, wait in enumerate(waits_s)}
        values = {
            "attempts": tried + 1,
            "problem": problem,
            "next_at": case(again, value=tried, else_=DeliveryRow.next_at),
            "state": case((tried < len(waits_s), "waiting"), else_="given-up"),
        }
        change = update(DeliveryRow).where(DeliveryRow.host == host, *_due(now)).values(values)
        with self._database.changing() as connection:
            return connection.execute(change).rowcount

    def _change(self, one: Delivery, **values: Any) -> bool:
        """Change it, if it is still in the very attempt that ``one`` shows."""
        same = (
            DeliveryRow.id == one.id,
            DeliveryRow.state == "waiting",
            DeliveryRow.attempts == one.attempts,
        )
        with self._database.changing() as connection:
            done = connection.execute(update(DeliveryRow).where(*same).values(**values))
            return done.rowcount > 0


def to_be_told(session: Session, analysis: str, url: str) -> DeliveryRow:
    """See :meth:`Deliveries.add`."""
    wanted = (DeliveryRow.analysis == analysis, DeliveryRow.url == url)
    waiting = select(DeliveryRow).where(*wanted, DeliveryRow.state == "waiting")
    row = session.scalars(waiting.limit(1)).first()
    if row is None:
        job = select(JobRow.state).where(JobRow.id == analysis).with_for_update()
        active = session.scalars(job).first() in ACTIVE
        row = _row(analysis, url, WHEN_ENDED if active else datetime.now(UTC))
        session.add(row)
    return row


def told_of_next_end(session: Session, analysis: str) -> None:
    """The job goes on: everybody is told when it ends again, of this end nobody any more."""
    of_it = DeliveryRow.analysis == analysis
    asleep = update(DeliveryRow).where(of_it, DeliveryRow.state == "waiting")
    session.execute(asleep.values(next_at=WHEN_ENDED, attempts=0, problem=""))
    for url in list(session.scalars(select(DeliveryRow.url).where(of_it).distinct())):
        to_be_told(session, analysis, url)


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The job is asked as well: earlier versions had all be due from the submission on."""
    same = JobRow.id == DeliveryRow.analysis
    ended = exists().where(same, JobRow.state.not_in(ACTIVE))
    known = exists().where(AnalysisRow.id == DeliveryRow.analysis) & ~exists().where(same)
    return DeliveryRow.state == "waiting", DeliveryRow.next_at <= now, or_(ended, known)


def _row(analysis: str, url: str, next_at: datetime) -> DeliveryRow:
    now = datetime.now(UTC)
    return DeliveryRow(
        id=secrets.token_hex(10),
        analysis=analysis,
        url=url,
        host=urlsplit(url).netloc.lower(),
        created_at=now,
        state="waiting",
        attempts=0,
        next_at=next_at,
        problem="",
    )


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(**{name: getattr(row, name) for name in Delivery.__dataclass_fields__})
