"""One job, from claim to result, on the worker's side."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from unmask.core.analysis import Analysis
from unmask.core.errors import StoreError
from unmask.core.scan import Failure
from unmask.jobs.children import Child
from unmask.jobs.deleting import delete_analyses, draft_folders
from unmask.jobs.folders import Folders
from unmask.jobs.limits import Limits
from unmask.jobs.messages import Failed, Finished, Order, Working
from unmask.jobs.options import JobOptions
from unmask.jobs.previewing import PREVIEW
from unmask.jobs.vault import Vault
from unmask.store import CustodyLog, History, Job, JobBook

LEASE_S = 20.0
_PAUSE_S = 0.5
_RENEW_S = 0.4
log = logging.getLogger("unmask.worker")


def worker_name() -> str:
    """Host and process: by it another worker on the same host can tell that this one has died."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"


@dataclass(slots=True)
class Workshop:
    """What a worker works with. Set ``stopping`` to have running jobs given back."""

    history: History
    folders: Folders
    limits: Limits = field(default_factory=Limits.from_environment)
    stopping: threading.Event = field(default_factory=threading.Event)
    book: JobBook = field(init=False)
    log: CustodyLog = field(init=False)
    vault: Vault = field(init=False)

    def __post_init__(self) -> None:
        self.book = JobBook(self.history)
        self.log = CustodyLog(self.history)
        self.vault = Vault(self.folders)

    def run(self) -> None:
        """Do the job whose turn it is, if any waits."""
        if self.stopping.is_set():
            return
        job = self.book.claim(worker_name(), LEASE_S)
        if job is None:
            return
        if self.history.get(job.id) is not None:  # done, and its worker died before it said so
            self.book.finish(job, "done")
            return
        source = self.vault.find(job.sha256)
        if source is None:
            self.book.finish(job, "failed", _gone())
            return
        drafts = draft_folders(self.folders, job.id, job.attempts)
        for left in drafts:
            shutil.rmtree(left, ignore_errors=True)  # of an attempt whose worker has died
        draft = drafts[-1]
        draft.mkdir(mode=0o700, exist_ok=True)
        try:
            self._work(job, source, draft)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _work(self, job: Job, source: Path, draft: Path) -> None:
        order = Order(
            path=str(source),
            name=job.name,
            folder=str(draft),
            model_sha256=job.model_sha256,
            options=JobOptions.model_validate(job.options),
            preview=self.vault.find_preview(job.sha256) is None,
        )
        until = time.monotonic() + self.limits.wall_s
        state, renewed = Working(stage="start", done=0, total=1), 0.0
        with Child(order, self.limits) as child:
            for said in child.says(_PAUSE_S):
                if isinstance(said, Finished):
                    self._keep(job, said.document, draft)
                    return
                if isinstance(said, Failed):
                    self.book.finish(job, "failed", said.error)
                    return
                state, now = said or state, time.monotonic()
                if now > until:
                    self.book.finish(job, "failed", _too_long(self.limits.wall_s))
                    return
                if now - renewed >= _RENEW_S or (state is said and state.done == state.total):
                    renewed = now
                    if not self._goes_on(job, state):
                        return
            self.book.finish(job, "failed", child.cause_of_death())

    def _goes_on(self, job: Job, state: Working) -> bool:
        """Renew the lease; False where the job is to be left."""
        if self.stopping.is_set():
            self.book.give_back(job)
            return False
        answer = self._renewed(job, state.stage, state.done, state.total)
        if answer == "cancel":
            self.book.finish(job, "cancelled")
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
            self.book.finish(job, "cancelled")
            return
        place = self.folders.evidence / job.id
        shutil.rmtree(place, ignore_errors=True)
        preview = draft / PREVIEW
        if preview.is_file() and self.vault.find(job.sha256) is not None:
            preview.replace(self.vault.preview_place(job.sha256))
        draft.rename(place)
        analysis = Analysis.from_json(document)
        try:
            self.history.record(analysis, fingerprint=job.fingerprint, id=job.id)
        except StoreError:
            if self.history.get(job.id) is None:
                raise
        self.log.add(job.id, "analysed", f"{analysis.model.name} {analysis.model.version}")
        if not self.book.finish(job, "done") and self.book.get(job.id) is None:
            delete_analyses(self.history, self.folders, job.id)  # it was deleted meanwhile


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
