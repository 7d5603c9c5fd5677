"""Analyses that outlive a request: uploads by their hash, a durable queue, workers, children.

``Desk`` is what pages and the API talk to; ``run_worker`` is ``unmask worker``. A job's truth is
its row in the database (:class:`unmask.store.JobBook`), which also says whose turn it is; Huey only
carries "a job waits" from one to the other, so a lost or doubled message costs nothing.
"""

from unmask.jobs.desk import Crowded, Desk, Submission
from unmask.jobs.folders import Folders
from unmask.jobs.options import JobOptions
from unmask.jobs.pictures import EvidenceIndex
from unmask.jobs.vault import Incoming, TooManyBytes, Vault

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
