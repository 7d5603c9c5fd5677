"""What the book of jobs takes and hands out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from unmask.core.scan import Failure

State = Literal["queued", "running", "done", "failed", "cancelled"]
ACTIVE = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Asked:
    """Model and options as one hash each, and the options as JSON values: fields of a job."""

    model_sha256: str
    fingerprint: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewJob:
    """What is asked for. ``options`` are JSON values; ``batch`` groups files sent together.

    ``owner`` is whoever takes turns with others (:mod:`unmask.store.turns`), of 32 letters at most.
    ``origin`` is what the custody log says of how it came, empty for its size and hash;
    ``webhook`` an address that is told when it has ended.
    """

    name: str
    bytes: int
    sha256: str
    model_sha256: str
    fingerprint: str
    options: Mapping[str, Any]
    batch: str | None = None
    owner: str = ""
    origin: str = ""
    webhook: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands. ``done`` of ``total`` units of ``stage``; ``error`` only if failed."""

    id: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    state: State
    batch: str | None
    owner: str
    name: str
    bytes: int
    sha256: str
    model_sha256: str
    fingerprint: str
    options: dict[str, Any]
    stage: str
    done: int
    total: int
    attempts: int
    worker: str | None
    lease_until: datetime | None
    cancel: bool
    error: Failure | None

    @property
    def active(self) -> bool:
        """Whether something is still to come of it."""
        return self.state in ACTIVE
