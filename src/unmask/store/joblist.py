"""What the book of jobs says: lists and counts, of which none reads a long queue through."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, and_, func, select, tuple_
from sqlalchemy.sql import ColumnElement

from unmask.core.scan import Failure
from unmask.store.booked import ACTIVE, Job, State
from unmask.store.history import History
from unmask.store.schema import JobRow
from unmask.store.turns import ahead

BEFORE_CODE = '{"code":"'
"""How an error begins as it is kept."""


class JobList:
    """The jobs in the database of ``history``, read. :class:`unmask.store.JobBook` changes them."""

    def __init__(self, history: History) -> None:
        self._database = history.database

    def get(self, id: str) -> Job | None:
        """The job with exactly this id."""
        return next(iter(self._jobs(JobRow.id == id)), None)

    def several(self, ids: Iterable[str]) -> list[Job]:
        """The jobs with these ids, the oldest first; unknown ids are left out."""
        return self._jobs(JobRow.id.in_(list(ids)))

    def batch(self, batch: str) -> list[Job]:
        """The jobs that were sent together, the oldest first."""
        return self._jobs(JobRow.batch == batch)

    def unfinished(self, *, limit: int | None = None) -> list[Job]:
        """The jobs that wait or run, the oldest first."""
        found = [job for state in ACTIVE for job in self._jobs(JobRow.state == state, oldest=limit)]
        return sorted(found, key=lambda job: job.created_at)[:limit]

    def page(
        self,
        state: State,
        *,
        owner: str | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int,
    ) -> list[Job]:
        """Those in that state, by when they were booked and by id; of one owner, of all for None.

        ``after`` are these two of the last one that is known. However many there are, none of
        those before is read, and one that is deleted meanwhile moves no other.
        """
        wanted = [JobRow.state == state]
        if owner is not None:
            wanted.append(JobRow.owner == owner)
        if after is not None:
            wanted += later_than(after)
        return self._jobs(and_(*wanted), oldest=limit)

    def running(self) -> list[Job]:
        """The jobs that run, or whose workers have died, the oldest first."""
        return self._jobs(JobRow.state == "running")

    def waiting(self) -> int:
        """How many jobs wait."""
        query = select(func.count()).select_from(JobRow).where(JobRow.state == "queued")
        with self._database.reading() as session:
            return session.scalar(query) or 0

    def waiting_by_owner(self) -> dict[str, int]:
        """How many jobs wait, of each owner who has any."""
        query = select(JobRow.owner, func.count()).where(JobRow.state == "queued")
        with self._database.reading() as session:
            return {row[0]: row[1] for row in session.execute(query.group_by(JobRow.owner))}

    def waiting_since(self) -> datetime | None:
        """When the job was handed in that has waited longest; None where none waits."""
        waits = select(JobRow.created_at).where(JobRow.state == "queued")
        with self._database.reading() as session:
            return session.scalars(waits.order_by(JobRow.created_at).limit(1)).first()

    def failed(self, *, limit: int = 50) -> list[Job]:
        """The jobs that failed or were cancelled, the newest first."""
        found = [  # each state by itself is in order in the index, and is read no further
            job
            for state in ("failed", "cancelled")
            for job in self._jobs(JobRow.state == state, newest=limit)
        ]
        return sorted(found, key=lambda job: job.created_at, reverse=True)[:limit]

    def ended_before(self, time: datetime, *, limit: int) -> list[str]:
        """The ids of jobs that ended before a time, at most so many: what ended first."""
        query = select(JobRow.id).where(JobRow.finished_at < time).order_by(JobRow.finished_at)
        with self._database.reading() as session:
            return list(session.scalars(query.limit(limit)))

    def ahead_of(self, *jobs: Job) -> dict[str, int]:
        """By id, of those that wait: how many run or have their turn before, if nobody books more.

        At most: of each other owner one may come before each of this owner's. Of many jobs no more
        of the queue is read than of the last of them alone.
        """
        with self._database.reading() as session:
            return ahead(session, [job for job in jobs if job.state == "queued"])

    def counts(self) -> dict[str, int]:
        """Jobs by state."""
        query = select(JobRow.state, func.count()).group_by(JobRow.state)
        with self._database.reading() as session:
            return {str(row[0]): int(row[1]) for row in session.execute(query)}

    def failed_by_code(self) -> dict[str, int]:
        """How many jobs have failed, by the code of their error."""
        find = func.strpos if self._database.reader.dialect.name == "postgresql" else func.instr
        rest = func.substr(JobRow.error, len(BEFORE_CODE) + 1)
        code = func.substr(rest, 1, find(rest, '"') - 1)
        query = select(code, func.count()).where(JobRow.state == "failed").group_by(code)
        with self._database.reading() as session:
            return {str(row[0]): int(row[1]) for row in session.execute(query) if row[0]}

    def uses(self, sha256: str) -> int:
        """How many jobs are about these bytes, to be told; deletions decide by :meth:`holding`."""
        with self._database.reading() as session:
            return session.scalar(uses_of(sha256)) or 0

    def _jobs(
        self, wanted: ColumnElement[bool], newest: int | None = None, oldest: int | None = None
    ) -> list[Job]:
        query = select(JobRow).where(wanted)
        if newest is None:
            query = query.order_by(JobRow.created_at, JobRow.id).limit(oldest)
        else:
            query = query.order_by(JobRow.created_at.desc(), JobRow.id).limit(newest)
        with self._database.reading() as session:
            return [job_of(row) for row in session.scalars(query)]


def later_than(place: tuple[datetime, str]) -> tuple[ColumnElement[bool], ...]:
    """Which were booked after the job of this time and id."""
    return JobRow.created_at >= place[0], tuple_(JobRow.created_at, JobRow.id) > place


def uses_of(sha256: str) -> Select[int]:
    """How many jobs are about these bytes."""
    return select(func.count()).select_from(JobRow).where(JobRow.sha256 == sha256)


def job_of(row: JobRow) -> Job:
    """The job as the row has it."""
    values = {name: getattr(row, name) for name in Job.__dataclass_fields__}
    values["options"] = json.loads(row.options)
    values["error"] = None if row.error is None else Failure.model_validate_json(row.error)
    return Job(**values)
