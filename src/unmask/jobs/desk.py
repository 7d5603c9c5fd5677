"""What pages and the API talk to: submit, ask, cancel, delete."""

from __future__ import annotations

import logging
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from unmask.core.errors import InputEmpty, StoreError
from unmask.jobs.deleting import delete_analysis, picture_folder
from unmask.jobs.folders import Folders
from unmask.jobs.options import JobOptions
from unmask.jobs.pictures import EvidenceIndex, read_index
from unmask.jobs.queueing import Queue
from unmask.jobs.vault import Incoming, Vault
from unmask.store import CustodyLog, Deliveries, History, JobBook, NewJob

NAME_LENGTH = 255
_REPORTS = 2  # made at the same time
log = logging.getLogger("unmask.jobs")


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a file handed in: ``known`` is answered already, ``joined`` waits already."""

    id: str
    outcome: Literal["new", "joined", "known"]


class Desk:
    """Jobs, files and results of one data folder. Safe to use from several threads."""

    def __init__(self, history: History, folders: Folders) -> None:
        self.history = history
        self.folders = folders
        self.vault = Vault(folders)
        self.book = JobBook(history)
        self.log = CustodyLog(history)
        self.deliveries = Deliveries(history)
        self.queue = Queue(folders)
        self.reports = threading.BoundedSemaphore(_REPORTS)

    @staticmethod
    def new_batch() -> str:
        """A name for files that are sent together."""
        return secrets.token_hex(10)

    def submit(
        self,
        incoming: Incoming,
        name: str,
        options: JobOptions,
        *,
        batch: str | None = None,
        fresh: bool = False,
        origin: str = "",
        webhook: str | None = None,
    ) -> Submission:
        """Keep the file and have it analysed, unless that is known or under way already.

        ``name`` is for people only. ``fresh`` analyses again whatever is known. ``webhook`` is
        told when it has ended, soon where it is known; check it before. Raises
        :class:`InputEmpty`, and what the options are worth (:class:`UsageError`,
        :class:`ModelError`); the file is discarded then.
        """
        if incoming.bytes == 0:
            incoming.discard()
            raise InputEmpty(f"{_shown(name)}: the file is empty", hint="choose another")
        try:
            asked = options.asked()
        except BaseException:
            incoming.discard()
            raise
        sha256, size = incoming.sha256, incoming.bytes
        incoming.keep()
        known = None if fresh else self.history.find(sha256, asked.model_sha256, asked.fingerprint)
        if known is not None:
            self._tell(known.entry.id, webhook)
            return Submission(known.entry.id, "known")
        new = NewJob(
            name=_shown(name),
            bytes=size,
            sha256=sha256,
            model_sha256=asked.model_sha256,
            fingerprint=asked.fingerprint,
            options=options.as_json(),
            batch=batch,
        )
        job, added = self.book.add(new, fresh=fresh)
        if added:
            self.log.add(job.id, "received", origin or f"{size} bytes, SHA-256 {sha256}")
        self._tell(job.id, webhook)  # before anybody can have done it
        if added:
            self._queue(job.id)
        return Submission(job.id, "new" if added else "joined")

    def _queue(self, id: str) -> None:
        """Put a booked job into the queue, now or later.

        Where the queue (Redis) cannot be reached, the job is accepted all the same: file, job and
        webhook are on record, and the next sweep of a worker that reaches the queue puts it in
        (:func:`unmask.jobs.worker.sweep`). To refuse it would have the file sent a second time.
        """
        try:
            self.queue.put(id)
        except StoreError as error:
            log.warning("job %s waits for a worker's sweep: %s", id, error)

    def _tell(self, id: str, webhook: str | None) -> None:
        if webhook:
            self.deliveries.add(id, webhook)

    def again(
        self, id: str, options: JobOptions, *, webhook: str | None = None
    ) -> Submission | None:
        """Analyse the file of a job or analysis once more; None where the file is not kept."""
        job, stored = self.book.get(id), self.history.get(id)
        known = job or (stored.entry if stored is not None else None)
        path = None if known is None else self.vault.find(known.sha256)
        if known is None or path is None:
            return None
        asked = options.asked()
        new = NewJob(
            name=known.name,
            bytes=path.stat().st_size,
            sha256=known.sha256,
            model_sha256=asked.model_sha256,
            fingerprint=asked.fingerprint,
            options=options.as_json(),
        )
        added, _ = self.book.add(new, fresh=True)
        self.log.add(added.id, "received", f"again, after {id}")
        self._tell(added.id, webhook)
        self._queue(added.id)
        return Submission(added.id, "new")

    def pictures(self, id: str) -> EvidenceIndex:
        """The pictures of an analysis."""
        return read_index(self.picture_folder(id))

    def picture_folder(self, id: str) -> Path:
        """Where they are. ValueError for what is no id."""
        return picture_folder(self.folders, id)

    def expire(self, days: int) -> int:
        """Delete what was handed in and ended so many days ago or longer; returns how many.

        What ``unmask scan`` recorded in the same history stays: nobody handed it in here.
        """
        old = self.book.ended_before(datetime.now(UTC) - timedelta(days=days))
        return sum(self.delete(job.id) for job in old)

    def delete(self, id: str) -> bool:
        """Delete job, result, pictures, custody log and, unless another job needs it, the file.

        A running job's worker notices and stops. False if there was nothing.
        """
        return delete_analysis(self.history, self.folders, id)


def _shown(name: str) -> str:
    """A file name for people: no folders, nothing unprintable, not endless."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    clean = "".join(letter if letter.isprintable() else "�" for letter in last)
    return clean[:NAME_LENGTH] or "unnamed"
