"""The submit command's work: each file into the queue, unless it is there or known."""

from __future__ import annotations

import csv
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from unmask.cli import exits
from unmask.cli.inputs import Source, gather
from unmask.cli.streams import expect_document, need_stdout
from unmask.cli.terminal import note
from unmask.core.deadline import Deadline
from unmask.core.errors import DiskFull, InputError, InputNotReadable
from unmask.jobs.desk import Desk, Submission
from unmask.jobs.folders import Folders
from unmask.jobs.options import JobOptions
from unmask.jobs.webhooks import checked_address
from unmask.runtime import find_package
from unmask.store import History, Settings
from unmask.video import read_facts

_OWNER = "cli:"
_ORIGIN = "submitted on the command line"
_ANY_SIZE = 2**63 - 1
_COLUMNS = ("path", "sha256", "id", "outcome", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOptions:
    """The options of ``unmask submit``, as they come from the command line."""

    paths: tuple[str, ...]
    model: str | None
    clips: int
    frames_per_clip: int | None
    fresh: bool
    webhook: str | None


@dataclass(frozen=True, slots=True)
class _Counter:
    """Where files are handed in, and how they are to be analysed."""

    desk: Desk
    options: JobOptions
    webhook: str | None
    fresh: bool

    def take(self, path: Path, sha256: str) -> Submission:
        """Queue one file. Raises :class:`InputError` where it cannot be read to its end."""
        desk, name, options, webhook = self.desk, path.name, self.options, self.webhook
        if not self.fresh:
            there = desk.without_file(sha256, name, options, webhook=webhook, owner=_OWNER)
            if there is not None:
                return there
        with desk.vault.receive(_ANY_SIZE) as incoming:
            try:
                with path.open("rb") as stream:
                    shutil.copyfileobj(stream, incoming, 2**20)
            except OSError as error:
                raise InputNotReadable(f"{path}: cannot be read: {error.strerror}") from error
            return desk.submit(
                incoming,
                name,
                options,
                fresh=self.fresh,
                origin=_ORIGIN,
                webhook=webhook,
                owner=_OWNER,
            )


def run(options: SubmitOptions) -> int:
    """Queue all of them. Raises :class:`UsageError` and others where none could be."""
    need_stdout()
    expect_document()
    rows, failed = csv.writer(sys.stdout, lineterminator="\n"), 0
    with History() as history:
        counter = _counter(options, history)
        sources = gather(options.paths)
        rows.writerow(_COLUMNS)
        for number, source in enumerate(sources):
            try:
                row = _row(counter, source)
            except DiskFull as error:
                note(
                    f"{number} of {len(sources)} files are queued or known: {error.message}",
                    "give the same command again when there is more space, and it goes on there",
                )
                return exits.SOME_FAILED
            failed += row[3] == "failed"
            rows.writerow(row)
            sys.stdout.flush()
    return exits.SOME_FAILED if failed else exits.DONE


def _counter(options: SubmitOptions, history: History) -> _Counter:
    settings = Settings(history)
    given = options.webhook
    job = JobOptions(
        model=str(find_package(options.model).folder),
        clips=options.clips,
        frames_per_clip=options.frames_per_clip,
        thresholds=settings.get("thresholds"),
    )
    job.asked()  # numbers out of range are no file's fault
    webhook = checked_address(given) if given else settings.get("webhook")
    return _Counter(Desk(history, Folders.default()), job, webhook, options.fresh)


def _row(counter: _Counter, source: Source) -> tuple[str, str, str, str, str]:
    sha256 = ""
    try:
        if source.problem is not None:
            raise source.problem
        sha256 = read_facts(source.path, Deadline.after(None)).sha256
        done = counter.take(source.path, sha256)
    except InputError as error:
        note(error.message, error.hint)
        return source.text, sha256, "", "failed", error.code
    return source.text, sha256, done.id, done.outcome, ""
