"""Deleting an analysis with everything that is kept of it. Needs no more than the base install."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from unmask.core.errors import StoreError
from unmask.jobs.folders import Folders
from unmask.jobs.vault import Vault
from unmask.store import CustodyLog, Deliveries, History, JobBook


def delete_analysis(history: History, folders: Folders, id: str) -> bool:
    """Delete job, result, pictures, custody log and, unless another job needs it, the file.

    A running job's worker notices and stops. False if there was nothing.
    """
    job, stored = JobBook(history).get(id), history.get(id)
    if job is None and stored is None:
        return False
    sha256s = {job.sha256} if job is not None else set()
    if stored is not None:
        sha256s.add(stored.entry.sha256)
    delete_kept(history, folders, id, sha256s)
    history.delete(id)
    return True


def delete_kept(history: History, folders: Folders, id: str, sha256s: Iterable[str]) -> None:
    """Delete what is kept beside the result of a job or analysis on files with these hashes."""
    _delete_pictures(folders, id)  # before the rows: on a full disk these are gone for want of room
    book = JobBook(history)
    book.delete(id)
    CustodyLog(history).delete(id)
    Deliveries(history).delete(id)
    _delete_pictures(folders, id)  # that a worker has put there meanwhile
    if folders.used:
        vault = Vault(folders)
        for sha256 in sha256s:
            delete_unless_used(book, vault, sha256)


def _delete_pictures(folders: Folders, id: str) -> None:
    """Raises :class:`StoreError` where they are still there. Drafts their worker removes, too."""
    if not folders.used:
        return
    place = picture_folder(folders, id)
    for folder in (place, *folders.evidence.glob(f"{id}.draft-*")):
        shutil.rmtree(folder, ignore_errors=True)
    if place.exists():
        raise StoreError(
            f"the pictures in {place} cannot be deleted",
            hint="see that whoever runs Unmask may write to that folder",
        )


def delete_unless_used(book: JobBook, vault: Vault, sha256: str) -> None:
    """Delete the file with this hash, unless a job is about it."""
    with book.holding(sha256) as uses:
        if not uses:
            vault.delete(sha256)


def picture_folder(folders: Folders, id: str) -> Path:
    """Where the pictures of an analysis are. ValueError for what is no id."""
    if not id.isalnum():
        raise ValueError(f"not an id: {id!r}")
    return folders.evidence / id
