"""The book of jobs: which file is to be analysed, who is at it, how far, and what came of it.

Every change of state is one conditional UPDATE, so that of any number of workers exactly one gets
a job, and a worker that was given up for dead cannot finish what another has taken over.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    Select,
    Update,
    and_,
    delete,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from unmask.core.scan import Failure
from unmask.store.booked import ACTIVE, Job, NewJob, State
from unmask.store.deliveries import WHEN_ENDED, to_be_told, told_of_next_end
from unmask.store.failures import explained
from unmask.store.history import History
from unmask.store.schema import DeliveryRow, EventRow, JobRow
from unmask.store.turns import ahead, next_in_turn, note_turn, sooner, take_turns

_WAITING: dict[str, Any] = {
    "started_at": None,
    "finished_at": None,
    "state": "queued",
    "stage": "queued",
    "done": 0,
    "total": 1,
    "attempts": 0,
    "worker": None,
    "lease_until": None,
    "cancel": False,
    "error": None,
}
_BEFORE_CODE = '{"code":"'  # an error as it is kept
_FILES = 0x46696C65  # "File": PostgreSQL's advisory locks are numbers


class JobBook:
    """The jobs in the database of ``history``. Raises :class:`StoreError` as the history does."""

    def __init__(self, history: History) -> None:
        self._place = history.place
        self._reader, self._writer = history.engines

    def add(
        self, new: NewJob, *, fresh: bool = False, keep: Callable[[], object] = lambda: None
    ) -> tuple[Job, bool]:
        """The job for what is asked for, and whether it is new.

        What the custody log says of it and whom to tell are on record with it, or none of it is.
        Unless ``fresh``, a waiting or running job for the same bytes, model and options is it; of
        another owner's the new one becomes the owner where it then comes sooner.
        ``keep`` puts their file in its place, or raises: nobody who holds the bytes
        (:meth:`holding`) comes between it and the job.
        """
        with explained(self._place, "write to"), Session(self._writer) as session, session.begin():
            _hold(session.connection(), new.sha256)
            keep()
            found = None if fresh else _joined(session, new)
            if found is not None:
                return found, False
            row = _row(new)
            said = new.origin or f"{new.bytes} bytes, SHA-256 {new.sha256}"
            session.add_all((row, EventRow.of(row.id, "received", said)))
            return _told(session, row, new.webhook), True

    def join(self, new: NewJob) -> Job | None:
        """As :meth:`add` where such a job waits or runs already; None where it does not."""
        with explained(self._place, "write to"), Session(self._writer) as session, session.begin():
            return _joined(session, new)

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
            wanted.append(JobRow.created_at >= after[0])
            wanted.append(tuple_(JobRow.created_at, JobRow.id) > after)
        return self._jobs(and_(*wanted), oldest=limit)

    def running(self) -> list[Job]:
        """The jobs that run, or whose workers have died, the oldest first."""
        return self._jobs(JobRow.state == "running")

    def waiting(self) -> int:
        """How many jobs wait."""
        query = select(func.count()).select_from(JobRow).where(JobRow.state == "queued")
        with explained(self._place, "read"), Session(self._reader) as session:
            return session.scalar(query) or 0

    def waiting_by_owner(self) -> dict[str, int]:
        """How many jobs wait, of each owner who has any."""
        query = select(JobRow.owner, func.count()).where(JobRow.state == "queued")
        with explained(self._place, "read"), Session(self._reader) as session:
            return {row[0]: row[1] for row in session.execute(query.group_by(JobRow.owner))}

    def waiting_since(self) -> datetime | None:
        """When the job was handed in that has waited longest; None where none waits."""
        waits = select(JobRow.created_at).where(JobRow.state == "queued")
        with explained(self._place, "read"), Session(self._reader) as session:
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
        with explained(self._place, "read"), Session(self._reader) as session:
            return list(session.scalars(query.limit(limit)))

    def ahead_of(self, *jobs: Job) -> dict[str, int]:
        """By id, of those that wait: how many run or have their turn before, if nobody books more.

        At most: of each other owner one may come before each of this owner's. Of many jobs no more
        of the queue is read than of the last of them alone.
        """
        with explained(self._place, "read"), Session(self._reader) as session:
            return ahead(session, [job for job in jobs if job.state == "queued"])

    def counts(self) -> dict[str, int]:
        """Jobs by state."""
        query = select(JobRow.state, func.count()).group_by(JobRow.state)
        with explained(self._place, "read"), Session(self._reader) as session:
            return {str(row[0]): int(row[1]) for row in session.execute(query)}

    def failed_by_code(self) -> dict[str, int]:
        """How many jobs have failed, by the code of their error."""
        find = func.strpos if self._reader.dialect.name == "postgresql" else func.instr
        rest = func.substr(JobRow.error, len(_BEFORE_CODE) + 1)
        code = func.substr(rest, 1, find(rest, '"') - 1)
        query = select(code, func.count()).where(JobRow.state == "failed").group_by(code)
        with explained(self._place, "read"), Session(self._reader) as session:
            return {str(row[0]): int(row[1]) for row in session.execute(query) if row[0]}

    def uses(self, sha256: str) -> int:
        """How many jobs are about these bytes, to be told; deletions decide by :meth:`holding`."""
        with explained(self._place, "read"), Session(self._reader) as session:
            return session.scalar(_uses(sha256)) or 0

    @contextmanager
    def holding(self, sha256: str) -> Iterator[int]:
        """How many jobs, finished or not, are about these bytes; none comes while this is open.

        Within it their file may be kept or deleted. The database may not be written there by
        anything else, so it has to be brief.
        """
        with explained(self._place, "write to"), self._writer.begin() as connection:
            _hold(connection, sha256)
            yield connection.scalar(_uses(sha256)) or 0

    def claim(self, worker: str, lease_s: float) -> Job | None:
        """Take the job whose turn it is (:mod:`unmask.store.turns`); None where none waits."""
        with explained(self._place, "write to"), self._writer.begin() as connection:
            take_turns(connection)
            now = datetime.now(UTC)
            found = connection.execute(next_in_turn()).first()
            if found is None:
                return None
            note_turn(connection, found.owner, now)
            taken = update(JobRow).where(JobRow.id == found.id)
            connection.execute(taken.values(_begun(worker, now, lease_s)))
        return self.get(found.id)

    def renew(
        self, job: Job, lease_s: float, progress: tuple[str, int, int]
    ) -> Literal["go", "cancel", "lost"]:
        """Say that the job is alive and how far it is. ``lost``: it is no longer this worker's."""
        stage, done, total = progress
        mine = self._change(
            _held_by(job),
            lease_until=datetime.now(UTC) + timedelta(seconds=lease_s),
            stage=stage,
            done=done,
            total=total,
        )
        if not mine:
            return "lost"
        now = self.get(job.id)
        return "cancel" if now is None or now.cancel else "go"

    def finish(self, job: Job, state: State, error: Failure | None = None) -> bool:
        """End a job that this worker holds; False where it holds it no more."""
        return self._end(
            job.id,
            _held_by(job),
            state=state,
            error=None if error is None else error.model_dump_json(),
            lease_until=None,
        )

    def give_back(self, job: Job, *, unharmed: bool = False) -> bool:
        """Let a running job wait again, because its worker has died or is going.

        ``unharmed``: the job is not to blame, and the attempt does not count.
        """
        attempts = JobRow.attempts - 1 if unharmed else JobRow.attempts
        return self._change(
            _held_by(job), state="queued", worker=None, lease_until=None, attempts=attempts
        )

    def give_up(self, job: Job, error: Failure) -> bool:
        """Fail a job that waits or runs, whoever holds it."""
        return self._end(
            job.id,
            (JobRow.id == job.id, JobRow.state.in_(ACTIVE)),
            state="failed",
            error=error.model_dump_json(),
            lease_until=None,
        )

    def cancel(self, id: str) -> bool:
        """End a waiting job now, ask the worker of a running one to stop; False if it has ended."""
        waits = (JobRow.id == id, JobRow.state == "queued")
        ended = self._end(id, waits, state="cancelled", cancel=True)
        return ended or self._change((JobRow.id == id, JobRow.state == "running"), cancel=True)

    def cancel_waiting(self, owner: str, *, most: int) -> int:
        """End so many at most of the jobs of one owner that wait; how many there were."""
        waits = (JobRow.state == "queued", JobRow.owner == owner)
        now = datetime.now(UTC)
        with explained(self._place, "write to"), self._writer.begin() as connection:
            ids = list(connection.scalars(select(JobRow.id).where(*waits).limit(most)))
            ended = update(JobRow).where(JobRow.id.in_(ids), *waits)
            done = connection.execute(ended.values(state="cancelled", cancel=True, finished_at=now))
            connection.execute(_told_of(DeliveryRow.analysis.in_(ids), now))
            return done.rowcount

    def retry(self, id: str) -> bool:
        """Let a job wait again that failed or was cancelled; False where it did neither.

        It keeps its id, its options and its place among its owner's, and who was told of its end
        is told of the next one.
        """
        return bool(self._retry(JobRow.id == id, JobRow.state.in_(("failed", "cancelled")), most=1))

    def retry_failed(self, owner: str, *, code: str | None = None, most: int) -> int:
        """The same for so many at most of an owner's that failed, by ``code`` alone if given."""
        wanted = [JobRow.state == "failed", JobRow.owner == owner]
        if code is not None:
            wanted.append(JobRow.error.startswith(f'{_BEFORE_CODE}{code}"', autoescape=True))
        return self._retry(*wanted, most=most)

    def _retry(self, *wanted: ColumnElement[bool], most: int) -> int:
        with explained(self._place, "write to"), Session(self._writer) as session, session.begin():
            query = select(JobRow).where(*wanted).order_by(JobRow.created_at).limit(most)
            rows = session.scalars(query.with_for_update()).all()
            for row in rows:
                for name, value in _WAITING.items():
                    setattr(row, name, value)
                session.add(EventRow.of(row.id, "received", f"again, after {row.id}"))
            session.flush()  # whom to tell of it depends on their state
            for row in rows:
                told_of_next_end(session, row.id)
            return len(rows)

    def delete(self, *ids: str) -> None:
        """Forget jobs, whatever their state, with the custody logs and webhooks of these ids."""
        with explained(self._place, "delete from"), self._writer.begin() as connection:
            connection.execute(delete(JobRow).where(JobRow.id.in_(ids)))
            connection.execute(delete(EventRow).where(EventRow.analysis.in_(ids)))
            connection.execute(delete(DeliveryRow).where(DeliveryRow.analysis.in_(ids)))

    def _end(self, id: str, conditions: Iterable[ColumnElement[bool]], **values: Any) -> bool:
        """End the job, if it is as the conditions say; its webhooks then fall due."""
        now = datetime.now(UTC)
        change = update(JobRow).where(*conditions).values(finished_at=now, **values)
        with explained(self._place, "write to"), self._writer.begin() as connection:
            if not connection.execute(change).rowcount:
                return False
            connection.execute(_told_of(DeliveryRow.analysis == id, now))
            return True

    def _change(self, conditions: Iterable[ColumnElement[bool]], **values: Any) -> bool:
        with explained(self._place, "write to"), self._writer.begin() as connection:
            changed = connection.execute(update(JobRow).where(*conditions).values(**values))
            return changed.rowcount > 0

    def _jobs(
        self, wanted: ColumnElement[bool], newest: int | None = None, oldest: int | None = None
    ) -> list[Job]:
        query = select(JobRow).where(wanted)
        if newest is None:
            query = query.order_by(JobRow.created_at, JobRow.id).limit(oldest)
        else:
            query = query.order_by(JobRow.created_at.desc(), JobRow.id).limit(newest)
        with explained(self._place, "read"), Session(self._reader) as session:
            return [_job(row) for row in session.scalars(query)]


def _joined(session: Session, new: NewJob) -> Job | None:
    """The job under way that is the same, which it is then for the new one's owner, too."""
    same = select(JobRow).where(
        JobRow.sha256 == new.sha256,
        JobRow.model_sha256 == new.model_sha256,
        JobRow.fingerprint == new.fingerprint,
        JobRow.state.in_(ACTIVE),
        JobRow.cancel.is_(False),
    )
    found = session.scalars(same.limit(1)).first()
    if found is None:
        return None
    if found.state == "queued" and sooner(session, found, new.owner):
        found.owner = new.owner
    if found.name != new.name:
        session.add(EventRow.of(found.id, "received", f"also as {new.name}"))
    return _told(session, found, new.webhook)


def _told(session: Session, row: JobRow, webhook: str | None) -> Job:
    """The job, of whose end ``webhook`` is to be told."""
    session.flush()
    if webhook:
        to_be_told(session, row.id, webhook)
    return _job(row)


def _uses(sha256: str) -> Select[int]:
    return select(func.count()).select_from(JobRow).where(JobRow.sha256 == sha256)


def _hold(connection: Connection, sha256: str) -> None:
    """Until the transaction ends, nobody else may keep or delete files like this one.

    An SQLite transaction that writes is alone anyway. Elsewhere there is a lock for each folder
    of the vault, since a folder goes with the last file in it.
    """
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(:files, :folder)")
        connection.execute(lock, {"files": _FILES, "folder": int(sha256[:2], 16)})


def _held_by(job: Job) -> tuple[ColumnElement[bool], ...]:
    """The job, still in the very attempt that ``job`` shows."""
    return (
        JobRow.id == job.id,
        JobRow.state == "running",
        or_(JobRow.worker == job.worker, JobRow.worker.is_(None)),
        JobRow.attempts == job.attempts,
    )


def _told_of(jobs: ColumnElement[bool], now: datetime) -> Update:
    """The webhooks of jobs that have ended fall due."""
    asleep = DeliveryRow.next_at == WHEN_ENDED
    return update(DeliveryRow).where(jobs, asleep).values(next_at=now)


def _begun(worker: str, now: datetime, lease_s: float) -> dict[str, Any]:
    return {
        "state": "running",
        "worker": worker,
        "started_at": now,
        "lease_until": now + timedelta(seconds=lease_s),
        "attempts": JobRow.attempts + 1,
        "stage": "start",
        "done": 0,
        "total": 1,
    }


def _row(new: NewJob) -> JobRow:
    return JobRow(
        id=secrets.token_hex(10),
        created_at=datetime.now(UTC),
        batch=new.batch,
        owner=new.owner,
        name=new.name,
        bytes=new.bytes,
        sha256=new.sha256,
        model_sha256=new.model_sha256,
        fingerprint=new.fingerprint,
        options=json.dumps(dict(new.options), sort_keys=True),
        **_WAITING,
    )


def _job(row: JobRow) -> Job:
    values = {name: getattr(row, name) for name in Job.__dataclass_fields__}
    values["options"] = json.loads(row.options)
    values["error"] = None if row.error is None else Failure.model_validate_json(row.error)
    return Job(**values)
