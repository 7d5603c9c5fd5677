"""What pages and the API talk to: submit, ask, cancel, delete."""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from unmask.core.errors import InputEmpty, StoreError, UnmaskError
from unmask.jobs.deleting import (
    AT_A_TIME,
    delete_analyses,
    delete_in_turn,
    delete_unless_used,
    drawn_before,
    picture_folder,
)
from unmask.jobs.folders import Folders
from unmask.jobs.options import JobOptions
from unmask.jobs.pictures import EvidenceIndex, read_index
from unmask.jobs.queueing import Queue
from unmask.jobs.vault import Incoming, Vault
from unmask.store import Asked, CustodyLog, Deliveries, Entry, History, JobBook, NewJob
from unmask.store.naming import RECEIVED, also_as

NAME_LENGTH = 255
_JOINERS = "\u200c\u200d"
_REPORTS = 2  # made at the same time
_ERRANDS = 8  # each holds a thread of the server's, for minutes at worst
_LINKS = 4  # among them: how long they take is up to strangers
log = logging.getLogger("unmask.jobs")


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a file handed in: ``known`` is answered already, ``joined`` waits already."""

    id: str
    outcome: Literal["new", "joined", "known"]


class Crowded(UnmaskError):
    """As much as the server can do at a time is asked for."""

    code = "crowded"


class _DeletedMeanwhile(Exception):
    """The file that was to be analysed again."""


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
        self._errands = threading.BoundedSemaphore(_ERRANDS)
        self._links = threading.BoundedSemaphore(_LINKS)

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
        owner: str = "",
    ) -> Submission:
        """Keep the file and have it analysed, unless that is known or under way already.

        ``name`` is for people only. ``fresh`` analyses again whatever is known. ``webhook`` is
        told when it has ended, soon where it is known; check it before. ``owner`` takes turns with
        others. Raises :class:`InputEmpty`, and what the options are worth (:class:`UsageError`,
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
        known = None if fresh else self._known(sha256, name, asked, webhook)
        if known is not None:
            self._keep_if_used(incoming)
            return known
        incoming.settle()  # which may take a while, and nobody else could write meanwhile
        new = NewJob(
            name=_shown(name),
            bytes=size,
            sha256=sha256,
            **asdict(asked),
            batch=batch,
            owner=owner,
            origin=origin,
            webhook=webhook,
        )
        try:
            job, added = self.book.add(new, fresh=fresh, keep=incoming.keep)
        except BaseException:
            incoming.discard()
            with suppress(StoreError):
                delete_unless_used(self.book, self.vault, sha256)
            raise
        if added:
            self._queue()
        return Submission(job.id, "new" if added else "joined")

    def without_file(
        self,
        sha256: str,
        name: str,
        options: JobOptions,
        *,
        webhook: str | None = None,
        owner: str = "",
    ) -> Submission | None:
        """As :meth:`submit` of a file that is known or under way; None where it has to be sent.

        Who has been told of a known one is not told again: the same files may come many times.
        """
        asked = options.asked()
        known = self._known(sha256, name, asked, None)
        if known is not None:
            if webhook not in {one.url for one in self.deliveries.of(known.id)}:
                self._tell(known.id, webhook)
            return known
        new = NewJob(
            name=_shown(name),
            bytes=0,
            sha256=sha256,
            **asdict(asked),
            owner=owner,
            webhook=webhook,
        )
        job = self.book.join(new)
        return None if job is None else Submission(job.id, "joined")

    def _known(
        self, sha256: str, name: str, asked: Asked, webhook: str | None
    ) -> Submission | None:
        found = self.history.find(sha256, asked.model_sha256, asked.fingerprint)
        if found is None or found.readable is None:
            return None
        self._note_name(found.entry, _shown(name))
        self._tell(found.entry.id, webhook)
        return Submission(found.entry.id, "known")

    @contextmanager
    def errand(self) -> Iterator[None]:
        """Around what a request waits long for: a report, a copy, a link.

        Raises :class:`Crowded` where so many wait that the server would answer nobody else.
        """
        with _one_of(self._errands):
            yield

    @contextmanager
    def link(self) -> Iterator[None]:
        """The same around fetching a link. So many at once always leave room for reports."""
        with _one_of(self._links), self.errand():
            yield

    def _keep_if_used(self, incoming: Incoming) -> None:
        """Of a known file. One that only ``unmask scan`` knows would stay for ever."""
        incoming.settle()
        with self.book.holding(incoming.sha256) as uses:
            if uses:
                incoming.keep()
            else:
                incoming.discard()

    def _note_name(self, known: Entry, name: str) -> None:
        """Who sent these bytes under another name must find them by it."""
        if name != known.name and self.history.also_named(known.id, name):
            self.log.add(known.id, RECEIVED, also_as(name, answered=True))

    def _still_there(self, sha256: str) -> None:
        if self.vault.find(sha256) is None:
            raise _DeletedMeanwhile

    def _queue(self) -> None:
        """Tell workers of a booked job, now or later.

        Where the queue (Redis) cannot be reached, the job is accepted all the same: file, job and
        webhook are on record, and the next sweep of a worker that reaches the queue tells of it
        (:func:`unmask.jobs.worker.sweep`). To refuse it would have the file sent a second time.
        """
        try:
            self.queue.put()
        except StoreError as error:
            log.warning("a job waits for a worker's sweep: %s", error)

    def _tell(self, id: str, webhook: str | None) -> None:
        if webhook:
            self.deliveries.add(id, webhook)

    def again(
        self, id: str, options: JobOptions, *, webhook: str | None = None, owner: str = ""
    ) -> Submission | None:
        """Analyse the file of a job or analysis once more; None where the file is not kept."""
        job, stored = self.book.get(id), self.history.get(id)
        known = job or (stored.entry if stored is not None else None)
        size = None if known is None else self.vault.size(known.sha256)
        if known is None or size is None:
            return None
        asked = options.asked()
        new = NewJob(
            name=known.name,
            bytes=size,
            sha256=known.sha256,
            **asdict(asked),
            owner=owner,
            origin=f"again, after {id}",
            webhook=webhook,
        )
        try:
            added, _ = self.book.add(new, fresh=True, keep=lambda: self._still_there(new.sha256))
        except _DeletedMeanwhile:
            return None
        self._queue()
        return Submission(added.id, "new")

    def ask_for_today(self) -> int:
        """Have what waits, or failed and may be tried again, judged as this version judges.

        A job names the very model and way of judging that it was handed in for. After an upgrade
        both may be gone, and each job that had waited would fail. Call it when a server starts;
        returns how many jobs that were. What cannot be meant any more is left to fail by itself.
        """
        count = 0
        for before in self.book.asked_for():
            try:
                after = JobOptions.model_validate(before.options).of_today().asked()
            except (UnmaskError, ValidationError):
                continue
            if after != before:
                count += self.book.ask_instead(before, after)
        if count:
            log.warning("%d jobs from before an upgrade are judged as this version does", count)
        return count

    def retry(self, id: str) -> bool:
        """Have a job done that failed or was cancelled; False where it did neither."""
        retried = self.book.retry(id)
        if retried:
            self._queue()
        return retried

    def pictures(self, id: str) -> EvidenceIndex:
        """The pictures of an analysis."""
        return read_index(self.picture_folder(id))

    def picture_folder(self, id: str) -> Path:
        """Where they are. ValueError for what is no id."""
        return picture_folder(self.folders, id)

    def expire(self, days: int, *, most: int) -> int:
        """Delete what was handed in and ended so many days ago or longer; returns how many.

        Of more than ``most`` analyses the rest is left for another time. What ``unmask scan``
        recorded in the same history stays: nobody handed it in here. Files that no job is about,
        as earlier versions and a server that dies may leave them, go after the last of the rest,
        and so do pictures of none.
        """
        before = datetime.now(UTC) - timedelta(days=days)
        batches = iter(lambda: self.book.ended_before(before, limit=AT_A_TIME), [])
        few = islice(batches, -(-most // AT_A_TIME))
        count = delete_in_turn(self.history, self.folders, few)
        if count < most:
            for sha256 in self.vault.kept_before(before.timestamp()):
                delete_unless_used(self.book, self.vault, sha256)
            self._delete_stray_pictures(before.timestamp())
        return count

    def _delete_stray_pictures(self, time_s: float) -> None:
        """Those from before then of which the database knows nothing, as one that was brought back
        from a copy does of what was analysed after it. They show faces of people.

        Only where retention asks for it, which stands in the database: beside an empty one, opened
        by mistake, nothing is deleted.
        """
        drawn = iter(drawn_before(self.folders, time_s))
        for names in iter(lambda: list(islice(drawn, AT_A_TIME)), []):
            ids = {name: name.partition(".")[0] for name in names}
            known = {job.id for job in self.book.several(ids.values())}
            known |= {entry.id for entry in self.history.several(ids.values())}
            for name, id in ids.items():
                if id not in known:
                    shutil.rmtree(self.folders.evidence / name, ignore_errors=True)

    def delete(self, *ids: str) -> int:
        """Delete job, result, pictures, custody log and, unless another job needs it, the file.

        A running job's worker notices and stops. Returns how many of the ids there were.
        """
        return delete_analyses(self.history, self.folders, *ids)


@contextmanager
def _one_of(places: threading.BoundedSemaphore) -> Iterator[None]:
    if not places.acquire(blocking=False):
        raise Crowded(
            "as many reports, copies and links are under way as this server can do",
            hint="try again in a minute",
        )
    try:
        yield
    finally:
        places.release()


def _shown(name: str) -> str:
    """A file name for people: no folders, nothing that hides or turns the rest, not endless."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    return "".join(map(_letter, last))[:NAME_LENGTH] or "unnamed"


def _letter(letter: str) -> str:
    """Spaces of all widths are spaces; Persian and some emoji need their joiners."""
    if letter in _JOINERS or letter.isprintable():
        return letter
    return " " if unicodedata.category(letter) == "Zs" else "�"
