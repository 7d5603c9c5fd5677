"""Deleting analyses with everything that is kept of them. Needs no more than the base install."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from unmask.core.errors import StoreError
from unmask.jobs.folders import Folders
from unmask.jobs.vault import Vault
from unmask.store import History, JobBook

AT_A_TIME = 50
"""Analyses deleted in one transaction: a few megabytes of documents are overwritten in it."""

_LONGEST_PAUSE_S = 0.5


def delete_analyses(history: History, folders: Folders, *ids: str) -> int:
    """Delete jobs, results, pictures, custody logs and, unless another job needs them, the files.

    A running job's worker notices and stops. Returns how many of the ids there were; to be asked
    for :data:`AT_A_TIME` at most.
    """
    book = JobBook(history)
    jobs = book.several(ids)
    attempts = {job.id: job.attempts for job in jobs}
    hashes = {job.id: job.sha256 for job in jobs}
    hashes |= {entry.id: entry.sha256 for entry in history.several(ids)}
    for id in hashes:  # before the rows: on a full disk these are gone for want of room
        delete_pictures(folders, id, attempts.get(id, 0))
    if folders.used:
        vault = Vault(folders)
        for sha256 in set(hashes.values()):
            delete_unless_used(book, vault, sha256, but=hashes)
    history.delete(*hashes)  # last, and all at once: what cannot be deleted can be asked for
    for id in hashes:  # that a worker has put there meanwhile
        delete_pictures(folders, id, attempts.get(id, 0))
    return len(hashes)


def delete_in_turn(history: History, folders: Folders, batches: Iterable[Sequence[str]]) -> int:
    """Delete one batch of ids after the other, each of :data:`AT_A_TIME` at most; how many.

    After each it pauses for as long as that took, so that others may write in between. In one
    transaction, tens of thousands would keep servers, workers and scans from writing for so long
    that they give up.
    """
    deleted = 0
    for ids in batches:
        begun = time.monotonic()
        deleted += delete_analyses(history, folders, *ids)
        time.sleep(min(time.monotonic() - begun, _LONGEST_PAUSE_S))
    return deleted


def delete_pictures(folders: Folders, id: str, attempts: int) -> None:
    """Delete what so many attempts at a job have drawn; drafts their worker removes, too.

    Raises :class:`StoreError` where pictures are still there.
    """
    if not folders.used:
        return
    place = picture_folder(folders, id)
    for folder in (place, *draft_folders(folders, id, attempts)):
        shutil.rmtree(folder, ignore_errors=True)
    if place.exists():
        raise StoreError(
            f"the pictures in {place} cannot be deleted",
            hint="see that whoever runs Unmask may write to that folder",
        )


def delete_unless_used(
    book: JobBook, vault: Vault, sha256: str, *, but: Iterable[str] = ()
) -> None:
    """Delete the file with this hash, unless a job is about it, ``but`` these."""
    with book.holding(sha256, but=but) as uses:
        if not uses:
            vault.delete(sha256)


def picture_folder(folders: Folders, id: str) -> Path:
    """Where the pictures of an analysis are. ValueError for what is no id."""
    if not id.isalnum():
        raise ValueError(f"not an id: {id!r}")
    return folders.evidence / id


def drawn_before(folders: Folders, time_s: float) -> Iterator[str]:
    """The names of the folders of pictures, drafts too, that are from before a time."""
    with os.scandir(folders.evidence) as places:
        for place in places:
            with suppress(OSError):  # deleted meanwhile
                if place.stat().st_mtime < time_s:
                    yield place.name


def draft_folders(folders: Folders, id: str, attempts: int) -> list[Path]:
    """Where each attempt at a job makes its pictures. Not looked for: a million lie beside them."""
    return [folders.evidence / f"{id}.draft-{number}" for number in range(1, attempts + 1)]
