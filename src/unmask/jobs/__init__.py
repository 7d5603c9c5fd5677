"""Analyses that outlive a request: uploads by their hash, a durable queue, workers, children.

``Desk`` is what pages and the API talk to; ``run_worker`` is ``unmask worker``. A job's truth is
its row in the database (:class:`unmask.store.JobBook`), which also says whose turn it is; Huey only
carries "a job waits" from one to the other, so a lost or doubled message costs nothing.

Each file has a process of its own, which comes by here and needs no database: the names below load
when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = [
    "Crowded",
    "Desk",
    "EvidenceIndex",
    "Folders",
    "Incoming",
    "JobOptions",
    "Submission",
    "TooManyBytes",
    "Vault",
]

if TYPE_CHECKING:
    from unmask.jobs.desk import Crowded, Desk, Submission
    from unmask.jobs.folders import Folders
    from unmask.jobs.options import JobOptions
    from unmask.jobs.pictures import EvidenceIndex
    from unmask.jobs.vault import Incoming, TooManyBytes, Vault

_HOMES = {
    "Crowded": "desk",
    "Desk": "desk",
    "EvidenceIndex": "pictures",
    "Folders": "folders",
    "Incoming": "vault",
    "JobOptions": "options",
    "Submission": "desk",
    "TooManyBytes": "vault",
    "Vault": "vault",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
