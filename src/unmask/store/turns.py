"""Whose turn it is: of those who have jobs waiting, who has the fewest running; then who waited
longest since a job of theirs was taken. Each one's own jobs go in the order of their booking.

The book of jobs may be a hundred thousand long, nearly all of one owner: nothing here reads it
through. Who waits is found by leaping from owner to owner in the index, which holds the jobs of
each in their order.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import CTE, Connection, Select, case, func, insert, null, select, text, update
from sqlalchemy.orm import Session

from unmask.store.booked import Job
from unmask.store.schema import JobRow, TurnRow

_CLAIMS = 0x5475726E  # "Turn": PostgreSQL's advisory locks are numbers


def owners_waiting() -> CTE:
    """The column ``owner``: each who has jobs waiting, once."""
    waits = JobRow.state == "queued"
    first = select(func.min(JobRow.owner).label("owner")).where(waits)
    leaps = first.cte("leaps", recursive=True)
    after = select(func.min(JobRow.owner)).where(waits, JobRow.owner > leaps.c.owner)
    leaps = leaps.union_all(select(after.scalar_subquery()).where(leaps.c.owner.is_not(None)))
    return select(leaps.c.owner).where(leaps.c.owner.is_not(None)).cte("waiting")


def take_turns(connection: Connection) -> None:
    """Until the transaction ends, nobody else may claim: two at once would give one owner both.

    An SQLite transaction that writes is alone anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CLAIMS})


def next_in_turn(now: datetime) -> Select[str, str]:
    """Id and owner of the job to be taken now; no row where none waits.

    Who was served in a time to come was not: a clock that ran ahead for a while, as one without a
    battery may until it is set, would have them wait behind everybody else's last job.
    """
    waiting = owners_waiting()
    served = case((TurnRow.served_at <= now, TurnRow.served_at), else_=null())
    run = select(func.count()).where(JobRow.state == "running", JobRow.owner == waiting.c.owner)
    owner = (
        select(waiting.c.owner)
        .outerjoin(TurnRow, TurnRow.owner == waiting.c.owner)
        .order_by(run.scalar_subquery(), served.nulls_first(), waiting.c.owner)
        .limit(1)
    )
    return (
        select(JobRow.id, JobRow.owner)
        .where(JobRow.state == "queued", JobRow.owner == owner.scalar_subquery())
        .order_by(JobRow.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)  # one that is just being cancelled (PostgreSQL)
    )


def note_turn(connection: Connection, owner: str, now: datetime) -> None:
    """A job of this owner was taken. Kept apart from the jobs, which may be deleted when done."""
    change = update(TurnRow).where(TurnRow.owner == owner).values(served_at=now)
    if not connection.execute(change).rowcount:
        connection.execute(insert(TurnRow).values(owner=owner, served_at=now))


def ahead(session: Session, jobs: Collection[Job]) -> dict[str, int]:
    """See :meth:`unmask.store.JobBook.ahead_of`; the jobs wait."""
    found = dict[str, int]()
    if not jobs:
        return found
    running = session.scalar(select(func.count()).where(JobRow.state == "running")) or 0
    owners = list(session.scalars(select(owners_waiting().c.owner)))
    for owner in {job.owner for job in jobs}:
        own = _places(session, [job for job in jobs if job.owner == owner])
        most = max(own.values()) + 1
        others = [_waiting(session, other, most) for other in owners if other != owner]
        for id, before in own.items():
            found[id] = running + before + sum(min(many, before + 1) for many in others)
    return found


def sooner(session: Session, job: JobRow, owner: str) -> bool:
    """Whether a waiting job comes sooner as the last of another owner's than it would."""
    if job.owner == owner:
        return False
    place = _places(session, [job])[job.id]
    return _waiting(session, owner, place) < place


def _places(session: Session, line: Collection[Job | JobRow]) -> dict[str, int]:
    """How many of their one owner wait before each: counted from one to the next."""
    places, before, since = dict[str, int](), 0, None
    for job in sorted(line, key=lambda job: job.created_at):
        between = [JobRow.owner == job.owner, JobRow.created_at < job.created_at]
        if since is not None:
            between.append(JobRow.created_at >= since)
        query = select(func.count()).where(JobRow.state == "queued", *between)
        before += session.scalar(query) or 0
        places[job.id], since = before, job.created_at
    return places


def _waiting(session: Session, owner: str, most: int) -> int:
    """How many of an owner's wait, counted no further than asked."""
    some = select(JobRow.id).where(JobRow.state == "queued", JobRow.owner == owner).limit(most)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0
