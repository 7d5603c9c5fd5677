"""What the API says of jobs and analyses."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from flask import url_for
from werkzeug.exceptions import NotFound

from unmask.core.analysis import Label
from unmask.store import Entry, Job, Stored
from unmask.web.api.records import Item, JobItem, Progress, Task, WebhookState
from unmask.web.services import services
from unmask.web.views.progress import describe


def task_of(id: str) -> Task:
    """How far a submission is. Raises :class:`NotFound`."""
    desk = services().desk
    job, stored = desk.book.get(id), desk.history.get(id)
    if stored is not None:
        return _finished(stored, job)
    if job is None or job.state == "done":  # done, and its result was deleted since
        raise unknown()
    return Task(
        id=job.id,
        state=job.state,
        name=job.name,
        sha256=job.sha256,
        created_at=job.created_at,
        finished_at=job.finished_at,
        progress=_progress(job) if job.active else None,
        result=None,
        error=job.error,
        webhooks=_webhooks(job.id),
        links=_links(job.id),
    )


def _finished(stored: Stored, job: Job | None) -> Task:
    """There is no job of what ``unmask scan`` recorded, which is handed in as it begins."""
    entry = stored.entry
    return Task(
        id=entry.id,
        state="done",
        name=entry.name,
        sha256=entry.sha256,
        created_at=entry.created_at if job is None else job.created_at,
        finished_at=entry.created_at if job is None else job.finished_at,
        progress=None,
        result=stored.analysis,
        error=None,
        webhooks=_webhooks(entry.id),
        links=_links(entry.id) | {"page": url_for("analyses.show", id=entry.id)},
    )


def _progress(job: Job) -> Progress:
    state = describe(job, services().desk)
    return Progress(**{name: state[name] for name in Progress.model_fields})


def _webhooks(id: str) -> tuple[WebhookState, ...]:
    return tuple(
        WebhookState(
            host=urlsplit(one.url).hostname or "",
            state=one.state,
            attempts=one.attempts,
            problem=one.problem,
        )
        for one in services().desk.deliveries.of(id)
    )


def _links(id: str) -> dict[str, str]:
    names = {"self": "ask", "html": "html", "pdf": "pdf", "csv": "frames"}
    return {name: url_for(f"api.{view}", id=id) for name, view in names.items()}


def item_of(entry: Entry) -> Item:
    """One line of a list."""
    return Item(
        id=entry.id,
        created_at=entry.created_at,
        name=entry.name,
        sha256=entry.sha256,
        kind=entry.kind,
        label=cast(Label, entry.label),
        probability=entry.probability,
        model=entry.model_name,
        model_version=entry.model_version,
    )


def job_item_of(job: Job) -> JobItem:
    """One line of a list of jobs."""
    return JobItem(**{name: getattr(job, name) for name in JobItem.model_fields})


def unknown() -> NotFound:
    """To be raised for an id that nothing has."""
    return NotFound("There is no analysis with this id, or it is not done yet.")
