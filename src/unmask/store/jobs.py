"""The book of jobs: which file is to be analysed, who is at it, how far, and what came of it.

Every change of state is one conditional UPDATE, so that of any number of workers exactly one gets
a job, and a worker that was given up for dead cannot finish what another has taken over.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Update, false, or_, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from unmask.core.scan import Failure
from unmask.store.booked import ACTIVE, Asked, Job, NewJob, State
from unmask.store.deliveries import WHEN_ENDED, to_be_told, told_of_next_end
from unmask.store.entries import also_found_by, search_key
from unmask.store.joblist import BEFORE_CODE, JobList, job_of, later_than, uses_of
from unmask.store.naming import RECEIVED, also_as
from unmask.store.schema import AnalysisRow, DeliveryRow, EventRow, JobRow
from unmask.store.turns import next_in_turn, note_turn, sooner, take_turns

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
_WITHOUT_RESULT = ("queued", "failed", "cancelled")
_FILES = 0x46696C65  # "File": PostgreSQL's advisory locks are numbers


class JobBook(JobList):
    """The jobs in the database of ``history``. Raises :class:`StoreError` as the history does."""

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
        with self._database.writing() as session:
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
        with self._database.writing() as session:
            return _joined(session, new)

    @contextmanager
    def holding(self, sha256: str, *, but: Iterable[str] = ()) -> Iterator[int]:
        """How many jobs, finished or not, are about these bytes, ``but`` those with these ids;
        none comes while this is open.

        Within it their file may be kept or deleted. The database may not be written there by
        anything else, so it has to be brief.
        """
        with self._database.changing() as connection:
            _hold(connection, sha256)
            yield connection.scalar(uses_of(sha256).where(JobRow.id.not_in(tuple(but)))) or 0

    def claim(self, worker: str, lease_s: float) -> Job | None:
        """Take the job whose turn it is (:mod:`unmask.store.turns`); None where none waits."""
        with self._database.changing() as connection:
            take_turns(connection)
            now = datetime.now(UTC)
            found = connection.execute(next_in_turn(now)).first()
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

    def try_to_write(self) -> None:
        """Change nothing, where something could be changed; else it raises as a change does.

        SQLite's readers are let in while another process keeps the lock, and see the leases of
        workers grow old that live, and wait for it.
        """
        self._change((false(),), state="queued")

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
        with self._database.changing() as connection:
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
        """The same for all of an owner's that failed, by ``code`` alone if given; how many.

        So many at most in one transaction, in the order of their booking: one that fails anew
        meanwhile, as all do at once while their files are away, is not taken a second time.
        """
        wanted = [JobRow.state == "failed", JobRow.owner == owner]
        if code is not None:
            wanted.append(JobRow.error.startswith(f'{BEFORE_CODE}{code}"', autoescape=True))
        some, count = self._retry(*wanted, most=most), 0
        while some:
            count += len(some)
            some = self._retry(*wanted, *later_than(some[-1]), most=most)
        return count

    def _retry(self, *wanted: ColumnElement[bool], most: int) -> list[tuple[datetime, str]]:
        """When they were booked, and their ids."""
        with self._database.writing() as session:
            query = select(JobRow).where(*wanted).order_by(JobRow.created_at, JobRow.id)
            rows = session.scalars(query.limit(most).with_for_update()).all()
            for row in rows:
                for name, value in _WAITING.items():
                    setattr(row, name, value)
                session.add(EventRow.of(row.id, "received", f"again, after {row.id}"))
            session.flush()  # whom to tell of it depends on their state
            for row in rows:
                told_of_next_end(session, row.id)
            return [(row.created_at, row.id) for row in rows]

    def asked_for(self) -> list[Asked]:
        """What jobs are to be judged by that have no result so far, each once."""
        columns = (JobRow.model_sha256, JobRow.fingerprint, JobRow.options)
        query = select(*columns).where(JobRow.state.in_(_WITHOUT_RESULT)).distinct()
        with self._database.reading() as session:
            return [Asked(row[0], row[1], json.loads(row[2])) for row in session.execute(query)]

    def ask_instead(self, before: Asked, after: Asked) -> int:
        """Have them judged by something else unless they run; how many there were."""
        change = update(JobRow).where(
            JobRow.state.in_(_WITHOUT_RESULT),
            JobRow.model_sha256 == before.model_sha256,
            JobRow.fingerprint == before.fingerprint,
            JobRow.options == json.dumps(before.options, sort_keys=True),
        )
        values = asdict(after) | {"options": json.dumps(after.options, sort_keys=True)}
        with self._database.changing() as connection:
            return connection.execute(change.values(values)).rowcount

    def _end(self, id: str, conditions: Iterable[ColumnElement[bool]], **values: Any) -> bool:
        """End the job, if it is as the conditions say; its webhooks then fall due."""
        now = datetime.now(UTC)
        change = update(JobRow).where(*conditions).values(finished_at=now, **values)
        with self._database.changing() as connection:
            if not connection.execute(change).rowcount:
                return False
            connection.execute(_told_of(DeliveryRow.analysis == id, now))
            return True

    def _change(self, conditions: Iterable[ColumnElement[bool]], **values: Any) -> bool:
        with self._database.changing() as connection:
            changed = connection.execute(update(JobRow).where(*conditions).values(**values))
            return changed.rowcount > 0


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
        session.add(EventRow.of(found.id, RECEIVED, also_as(new.name)))
        done = session.get(AnalysisRow, found.id)  # its result may be there a moment before its end
        if done is not None:
            done.name_key = also_found_by(done.name_key, search_key(new.name))
    return _told(session, found, new.webhook)


def _told(session: Session, row: JobRow, webhook: str | None) -> Job:
    """The job, of whose end ``webhook`` is to be told."""
    session.flush()
    if webhook:
        to_be_told(session, row.id, webhook)
    return job_of(row)


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
