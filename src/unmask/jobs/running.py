"""One job, from claim to result, on the worker's side."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from unmask.core.analysis import Analysis
from unmask.core.errors import DiskFull, ModelError, StoreError
from unmask.core.scan import Failure
from unmask.jobs.children import Child
from unmask.jobs.deleting import delete_analyses, draft_folders
from unmask.jobs.folders import Folders
from unmask.jobs.limits import Limits
from unmask.jobs.messages import Failed, Finished, Order, Working
from unmask.jobs.options import JobOptions
from unmask.jobs.previewing import PREVIEW
from unmask.jobs.pulses import Pulses, here
from unmask.jobs.room import NO_ROOM, free, no_room, too_full_to_begin
from unmask.jobs.vault import Vault, explained
from unmask.store import History, Job, JobBook, State

ATTEMPTS = 3
"""How many times a job is begun that takes its worker along, or finds the disk full."""

LEASE_S = 20.0
_ROOM_S = 2.0
_AWAY_S = 600.0  # then another attempt has to do: the database refuses, rather than being away
_PAUSE_S = 0.5
_RENEW_S = 0.4
log = logging.getLogger("unmask.worker")


def worker_name() -> str:
    """Where, and process: by it another worker there can tell that this one has died."""
    return f"{here()}:{os.getpid()}:{threading.get_ident()}"


@dataclass(slots=True)
class Workshop:
    """What a worker works with. Set ``stopping`` to have running jobs given back."""

    history: History
    folders: Folders
    limits: Limits = field(default_factory=Limits.from_environment)
    stopping: threading.Event = field(default_factory=threading.Event)
    pulses: Pulses = field(default_factory=lambda: Pulses(LEASE_S))
    book: JobBook = field(init=False)
    vault: Vault = field(init=False)

    def __post_init__(self) -> None:
        self.book = JobBook(self.history)
        self.vault = Vault(self.folders)

    def run(self) -> None:
        """Do the job whose turn it is, if any waits, and there is room on the disk.

        What the database then does not take is left to a sweep (:mod:`unmask.jobs.worker`).
        """
        try:
            job = self.book.claim(worker_name(), LEASE_S) if self._has_room() else None
            if job is not None:
                self._do(job)
        except StoreError as error:
            log.warning("%s", error)

    def _finish(self, job: Job, state: State, error: Failure | None = None) -> bool:
        """End the job, and say so to who runs this; False where it is no longer this worker's."""
        if not self.book.finish(job, state, error):
            return False
        told = {"job": job.id, "owner": job.owner, "bytes": job.bytes, "attempt": job.attempts}
        if job.started_at is not None:
            told["waited_s"] = round((job.started_at - job.created_at).total_seconds(), 1)
            told["took_s"] = round((datetime.now(UTC) - job.started_at).total_seconds(), 1)
        if error is not None:
            told["code"] = error.code  # its words name the file, which nothing here is to keep
        code = "" if error is None else f" ({error.code})"
        took = f"{told.get('took_s', 0)} s"
        log.info("job %s %s%s in %s", job.id, state, code, took, extra={"state": state} | told)
        return True

    def _has_room(self) -> bool:
        """Wait while the disk is too full for another job; False where it is to stop."""
        waited = False
        while too_full_to_begin(self.folders) and not self.stopping.is_set():
            if not waited:
                log.warning(
                    "%d MB are left on the disk of %s: no job is begun",
                    free(self.folders) // 2**20,
                    self.folders.root,
                )
            waited = True
            self.stopping.wait(_ROOM_S)
        if waited and not self.stopping.is_set():
            log.warning("there is room on the disk again: jobs are begun")
        return not self.stopping.is_set()

    def _do(self, job: Job) -> None:
        if self.history.get(job.id) is not None:  # done, and its worker died before it said so
            self._finish(job, "done")
            return
        source = self.vault.find(job.sha256)
        if source is None:
            self._finish(job, "failed", _gone())
            return
        drafts = draft_folders(self.folders, job.id, job.attempts)
        for left in drafts:
            shutil.rmtree(left, ignore_errors=True)  # of an attempt whose worker has died
        draft = drafts[-1]
        try:
            child = self._begun(job, source, draft)
            if child is not None:
                self._attend(job, child, draft)
        except DiskFull as error:
            shutil.rmtree(draft, ignore_errors=True)
            self._put_back(job, error)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _put_back(self, job: Job, error: DiskFull) -> None:
        """Let a job wait again that found no room, for that is no fault of the file's.

        To note even that, there may have to be room first.
        """
        log.warning("job %s found the disk full: %s", job.id, error)
        done = self.history.get(job.id) is not None
        if not done:
            shutil.rmtree(self.folders.evidence / job.id, ignore_errors=True)
        noted = False
        while not (noted or self.stopping.is_set()):
            try:
                if done:
                    self._finish(job, "done")
                elif job.attempts < ATTEMPTS:
                    self.book.give_back(job)
                else:
                    self._finish(job, "failed", Failure.of(error))
                noted = True
            except DiskFull:
                self.stopping.wait(_ROOM_S)

    def _begun(self, job: Job, source: Path, draft: Path) -> Child | None:
        """The process that analyses; None where this machine has none to give, or no folder for
        its pictures. The job then waits again, and the attempt does not count: that would befall
        every file of the queue.
        """
        order = Order(
            path=str(source),
            sha256=job.sha256,
            name=job.name,
            folder=str(draft),
            model_sha256=job.model_sha256,
            options=JobOptions.model_validate(job.options),
            preview=self.vault.find_preview(job.sha256) is None,
        )
        try:
            draft.mkdir(mode=0o700, exist_ok=True)
            return Child(order, self.limits)
        except (OSError, RuntimeError) as error:  # the latter of threads, where there are no more
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                raise no_room() from error
            log.warning("job %s could not be begun and waits again: %s", job.id, error)
        self.book.give_back(job, unharmed=True)
        self.stopping.wait(_ROOM_S)
        return None

    def _attend(self, job: Job, begun: Child, draft: Path) -> None:
        until = time.monotonic() + self.limits.wall_s
        state, renewed = Working(stage="start", done=0, total=1), 0.0
        with begun as child:
            for said in child.says(_PAUSE_S):
                if isinstance(said, Finished):
                    self._keep(job, said.document, draft)
                    return
                if isinstance(said, Failed) and said.error.code == DiskFull.code:
                    raise no_room()
                if isinstance(said, Failed):
                    self._finish(job, "failed", said.error)
                    return
                state, now = said or state, time.monotonic()
                if now > until:
                    self._finish(job, "failed", _too_long(self.limits.wall_s))
                    return
                if now - renewed >= _RENEW_S or (state is said and state.done == state.total):
                    renewed = now
                    if not self._goes_on(job, state):
                        return
            self._finish(job, "failed", child.cause_of_death())

    def _goes_on(self, job: Job, state: Working) -> bool:
        """Renew the lease; False where the job is to be left."""
        if self.stopping.is_set():
            self.book.give_back(job, unharmed=True)
            return False
        answer = self._renewed(job, state.stage, state.done, state.total)
        if answer == "cancel":
            self._finish(job, "cancelled")
        return answer == "go"

    def _renewed(self, job: Job, stage: str, done: int, total: int) -> str:
        """As :meth:`JobBook.renew`; a job is not lost to a database that is locked for a while.

        Nobody else can take it as long as that lasts, and what it has come to afterwards says the
        next renewal.
        """
        try:
            return self.book.renew(job, LEASE_S, (stage, done, total))
        except StoreError as error:
            log.warning("job %s goes on: %s", job.id, error)
            return "go"

    def _keep(self, job: Job, document: str, draft: Path) -> None:
        """Pictures, then the analysis, then the job: whatever is there is there as a whole."""
        if self._renewed(job, "keep", 0, 1) != "go":
            self._finish(job, "cancelled")
            return
        place = self.folders.evidence / job.id
        shutil.rmtree(place, ignore_errors=True)
        preview = draft / PREVIEW
        with explained():
            if preview.is_file() and self.vault.find(job.sha256) is not None:
                preview.replace(self.vault.preview_place(job.sha256))
            draft.rename(place)
        self._record(job, Analysis.from_json(document))
        if not self._finish(job, "done") and self.book.get(job.id) is None:
            delete_analyses(self.history, self.folders, job.id)  # it was deleted meanwhile

    def _record(self, job: Job, analysis: Analysis) -> None:
        """Put the analysis on record; a database that is away for a while does not cost it.

        Raises what the database says: for good, or as soon as this worker is to stop.
        """
        until = time.monotonic() + _AWAY_S
        while (refused := self._refused(job, analysis)) is not None:
            log.warning("job %s is done and waits to be recorded: %s", job.id, refused)
            if time.monotonic() > until or self.stopping.wait(_ROOM_S):
                raise refused

    def _refused(self, job: Job, analysis: Analysis) -> StoreError | None:
        """What the database said instead of recording it; None where it is on record."""
        try:
            self.history.record(analysis, fingerprint=_judged_as(job, analysis), id=job.id)
        except DiskFull:
            raise
        except StoreError as error:
            with suppress(StoreError):
                if self.history.several((job.id,)):  # from an attempt that was taken for dead
                    return None
            return error
        return None


def _judged_as(job: Job, analysis: Analysis) -> str:
    """By what the result is found again: the way in which it was judged, whatever was asked for.

    The server that booked the job may be of another version than this worker, and the process that
    analysed may be of a third, where an upgrade came in between.
    """
    try:
        options = JobOptions.model_validate(job.options)
        return options.asked(judging=analysis.judging).fingerprint
    except ModelError:  # its package was taken away since: this answers nobody
        return ""


def _gone() -> Failure:
    return Failure(
        code="not-found",
        message="the uploaded file is not in the data folder",
        hint="server and workers need the same data folder; or upload it again",
    )


def _too_long(seconds: float) -> Failure:
    return Failure(
        code="timeout",
        message=f"the analysis took longer than {seconds:g} s",
        hint="ask for fewer frames, or have the server's UNMASK_JOB_TIME raised",
    )
