"""Telling an address that an analysis has ended: what is said, and the signature under it.

After the Standard Webhooks specification (https://www.standardwebhooks.com), so that its libraries
can check the signature: HMAC-SHA256 over ``id.timestamp.body`` with a secret of this data folder.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from datetime import datetime
from typing import Literal, cast

from pydantic import AwareDatetime, Field

from unmask.core.analysis import Label, Probability, Record
from unmask.core.errors import StoreError, UnmaskError
from unmask.core.scan import Failure
from unmask.jobs.folders import Folders
from unmask.jobs.keys import kept_secret
from unmask.jobs.outward import LinkRefused, Resolve, look_up, target
from unmask.store import History, JobBook

PREFIX = "whsec_"
LONGEST_URL = 2000
_BYTES = 32
_HINT = "UNMASK_WEBHOOK_PRIVATE=1 on server and workers allows addresses of their own network"

Ended = Literal["done", "failed", "cancelled"]


class WebhookRefused(UnmaskError):
    """The address is not one that may be told of an analysis."""

    code = "webhook"


class EventData(Record):
    """How the job ended. ``label`` and ``probability`` only when done, ``error`` when failed."""

    id: str = Field(description="of the analysis: GET /api/v1/analyses/{id} has the rest")
    state: Ended
    sha256: str = Field(description="of the file")
    label: Label | None
    probability: Probability | None = Field(description="P(manipulated)")
    error: Failure | None = Field(description="the code alone: sentences name the file")


class Event(Record):
    """What is sent."""

    type: Literal["analysis.done", "analysis.failed", "analysis.cancelled"]
    timestamp: AwareDatetime = Field(description="when the job ended")
    data: EventData


def private_allowed() -> bool:
    """Whether ``UNMASK_WEBHOOK_PRIVATE`` allows addresses that are not on the public internet."""
    return os.environ.get("UNMASK_WEBHOOK_PRIVATE", "").lower() in ("1", "true", "yes")


def checked_address(url: str, resolve: Resolve = look_up) -> str:
    """The address, if it may be told; else :class:`WebhookRefused`. Looked at again each time."""
    if len(url) > LONGEST_URL:
        raise WebhookRefused(f"the webhook is longer than {LONGEST_URL} characters")
    try:
        target(url, resolve, private=private_allowed(), hint=_HINT)
    except LinkRefused as error:
        problem = f"the webhook cannot be used: {error.message}"
        raise WebhookRefused(problem, hint=error.hint) from error
    return url


def secret_of(folders: Folders) -> str:
    """The secret that signs, made on first use and kept in ``webhook.key``: whsec_ and base64.

    Raises :class:`StoreError`.
    """
    path = folders.root / "webhook.key"
    text = kept_secret(path, _new_secret).decode("ascii", "replace").strip()
    if len(_key(text)) < _BYTES:
        raise StoreError(f"{path} holds no secret", hint="delete it; a new one is made")
    return text


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``: v1, and HMAC-SHA256 in base64."""
    signed = f"{id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def event_of(id: str, history: History, book: JobBook) -> Event | None:
    """What is to be said of an analysis; None while its job goes on, or where it is gone."""
    stored, job = history.get(id), book.get(id)
    if stored is not None:
        entry = stored.entry
        when = entry.created_at if job is None or job.finished_at is None else job.finished_at
        label = cast(Label, entry.label)
        return _event("done", id, when, entry.sha256, label, entry.probability)
    if job is None or job.finished_at is None or job.state not in ("failed", "cancelled"):
        return None
    return _event(job.state, id, job.finished_at, job.sha256, error=_unnamed(job.error))


def _unnamed(error: Failure | None) -> Failure | None:
    """Who is told learns the hash of a file and not its name, which sentences begin with."""
    told = {"message": "GET /api/v1/analyses/{id} says why", "hint": ""}
    return None if error is None else error.model_copy(update=told)


def _event(
    state: Ended,
    id: str,
    when: datetime,
    sha256: str,
    label: Label | None = None,
    probability: float | None = None,
    error: Failure | None = None,
) -> Event:
    data = EventData(
        id=id, state=state, sha256=sha256, label=label, probability=probability, error=error
    )
    return Event(type=f"analysis.{state}", timestamp=when, data=data)  # type: ignore[arg-type]


def _new_secret() -> bytes:
    return PREFIX.encode() + base64.b64encode(secrets.token_bytes(_BYTES)) + b"\n"


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        return b""
