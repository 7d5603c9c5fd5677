"""Deleting an analysis with everything that is kept of it. Needs no more than the base install."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

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
    book = JobBook(history)
    book.delete(id)
    CustodyLog(history).delete(id)
    Deliveries(history).delete(id)
    if folders.used:
        _delete_files(folders, id, [one for one in sha256s if not book.uses(one)])


def picture_folder(folders: Folders, id: str) -> Path:
    """Where the pictures of an analysis are. ValueError for what is no id."""
    if not id.isalnum():
        raise ValueError(f"not an id: {id!r}")
    return folders.evidence / id


def _delete_files(folders: Folders, id: str, sha256s: list[str]) -> None:
    drafts = folders.evidence.glob(f"{id}.draft-*")
    for folder in (picture_folder(folders, id), *drafts):
        shutil.rmtree(folder, ignore_errors=True)
    vault = Vault(folders)
    for sha256 in sha256s:
        vault.delete(sha256)
