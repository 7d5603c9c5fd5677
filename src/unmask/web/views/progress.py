"""How far jobs are: a stream of events, the table of a batch, cancelling."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue

from unmask.core.scan import Failure
from unmask.core.wording import spreadsheet_safe
from unmask.jobs import Desk
from unmask.store import Entry, Job, other_names
from unmask.web.services import Services, services
from unmask.web.words import _

progress = Blueprint("progress", __name__)
MOST = 500
WATCHED = 200  # at a time, of a table: proxies take addresses of 8 kB, and turns go by age
_POLL_S = 0.4
_STREAM_S = 25.0  # then the browser asks again, so that no thread is held for long
_AGAIN_MS = 800
_AGAIN_CROWDED_MS = 5000
# Where each stage begins and ends, in hundredths of a file's time, roughly.
_SPANS = {
    "queued": (0, 0),
    "start": (0, 6),
    "open": (6, 10),
    "look": (10, 80),
    "score": (80, 92),
    "draw": (92, 95),
    "preview": (95, 98),
    "keep": (98, 99),
}


@progress.get("/events")
def events() -> ResponseReturnValue:
    """Server-sent events: for each ``job`` named, its state whenever it changes.

    While as many watch as may (:data:`unmask.web.services.WATCHERS`), the states as they are now;
    the browser asks again in a while.
    """
    ids = request.args.getlist("job")[:MOST]
    stream = stream_with_context(_watched(services(), ids))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(stream, mimetype="text/event-stream", headers=headers)


@progress.get("/batches/<batch>")
def batch(batch: str) -> ResponseReturnValue:
    """The table of files that were sent together, filling in as they are done."""
    also = request.args.getlist("also")
    rows = _rows(batch, also)
    active = [row["id"] for row in rows if row["active"]][:WATCHED]
    ids = {row["id"] for row in rows}
    sent = len(services().desk.book.batch(batch)) + sum(id in ids for id in also)
    left_out = max(0, len(set(also)) - MOST)
    return render_template(
        "batch.html", rows=rows, batch=batch, active=active, sent=sent, left_out=left_out
    )


@progress.get("/batches/<batch>.csv")
def batch_csv(batch: str) -> ResponseReturnValue:
    """The same for programs: codes and numbers as in documents, whatever the page's language."""
    text = io.StringIO(newline="")
    columns = ("id", "name", "state", "label", "probability", "error", "message", "sha256")
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    for row in _rows(batch, request.args.getlist("also")):
        error: Failure | None = row["error"]
        told = {"error": error.code, "message": spreadsheet_safe(error.message)} if error else {}
        writer.writerow(row | {"name": spreadsheet_safe(row["name"]), "error": ""} | told)
    headers = {"Content-Disposition": 'attachment; filename="unmask-batch.csv"'}
    return Response(text.getvalue(), mimetype="text/csv", headers=headers)


@progress.post("/analyses/<id>/cancel")
def cancel(id: str) -> ResponseReturnValue:
    """Stop a job."""
    services().desk.book.cancel(id)
    return redirect(url_for("analyses.show", id=id), 303)


def describe(job: Job, desk: Desk) -> dict[str, Any]:
    """A job as the page's script and the API show it."""
    return _described(job, desk.book.ahead_of(job))


def _described(job: Job, ahead: dict[str, int]) -> dict[str, Any]:
    first, last = _SPANS.get(job.stage, (0, 0))
    share = job.done / job.total if job.total else 0.0
    percent = 100 if job.state == "done" else round(first + (last - first) * min(share, 1.0))
    return {
        "id": job.id,
        "state": job.state,
        "stage": "queued" if job.state == "queued" else job.stage,
        "done": job.done,
        "total": job.total,
        "percent": percent,
        "ahead": ahead.get(job.id, 0),
    }


def in_words(state: dict[str, Any]) -> str:
    """What is being done, for people."""
    done, total = state["done"], state["total"]
    if state["state"] == "queued":
        ahead = state["ahead"]
        return _("Waiting; %(n)s before it", n=ahead) if ahead else _("Waiting to start")
    words = {
        "start": _("Loading the model"),
        "open": _("Reading the file"),
        "look": _looking(done, total),
        "score": _("Judging faces: %(done)s of %(total)s", done=done, total=total),
        "draw": _("Drawing the evidence"),
        "preview": _("Making a copy that browsers play"),
        "keep": _("Keeping the result"),
    }
    ended = {
        "done": _("Done"),
        "failed": _("Not analysed"),
        "cancelled": _("Cancelled"),
    }
    return ended.get(state["state"]) or words.get(state["stage"], "")


def _looking(done: int, total: int) -> str:
    """Counted are stretches; a picture has none."""
    if total < 2:
        return _("Looking for faces")
    return _("Looking at stretches: %(done)s of %(total)s", done=done, total=total)


def _watched(own: Services, ids: list[str]) -> Iterator[str]:
    if not own.watchers.acquire(blocking=False):
        yield f"retry: {_AGAIN_CROWDED_MS}\n\n"
        yield from _events(own.desk, ids, 0.0)
        return
    try:
        yield f"retry: {_AGAIN_MS}\n\n"
        yield from _events(own.desk, ids, _STREAM_S)
    finally:
        own.watchers.release()


def _events(desk: Desk, ids: list[str], seconds: float) -> Iterator[str]:
    until, told = time.monotonic() + seconds, dict[str, str]()
    while True:
        jobs = desk.book.several(ids)
        ahead = desk.book.ahead_of(*jobs)
        for job in jobs:
            state = _described(job, ahead)
            text = json.dumps(state | {"words": in_words(state)})
            if told.get(job.id) != text:
                told[job.id] = text
                yield f"data: {text}\n\n"
        if not any(job.active for job in jobs):
            yield "event: end\ndata: {}\n\n"
            return
        if time.monotonic() >= until:
            return
        time.sleep(_POLL_S)
        yield ": here\n\n"  # fails, and so ends the stream, once the reader has gone


def _rows(batch: str, also: list[str]) -> list[dict[str, Any]]:
    if not re.fullmatch(r"[0-9a-f]{20}", batch):
        abort(404)
    desk = services().desk
    jobs = desk.book.batch(batch)
    # Files that are the same to the byte have one analysis, and so one row with all their names.
    others = set(also[:MOST]) - {job.id for job in jobs}
    known = sorted(desk.history.several(others), key=lambda entry: also.index(entry.id))
    joined = desk.book.several(others - {entry.id for entry in known})
    if not (jobs or known or joined):
        abort(404)
    ahead = desk.book.ahead_of(*jobs, *joined)
    rows = [_row(job, desk, ahead) for job in (*jobs, *joined)]
    rows += [_entry_row(entry) | {"state": "done", "active": False} for entry in known]
    for row in rows:
        row["other_names"] = other_names(desk.log.of(row["id"])) if row["id"] in also else ()
    return rows


def _row(job: Job, desk: Desk, ahead: dict[str, int]) -> dict[str, Any]:
    state = _described(job, ahead)
    row = state | {
        "name": job.name,
        "sha256": job.sha256,
        "active": job.active,
        "words": in_words(state),
        "label": None,
        "probability": None,
        "error": job.error,
    }
    stored = desk.history.get(job.id) if job.state == "done" else None
    return row if stored is None else row | _entry_row(stored.entry)


def _entry_row(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "sha256": entry.sha256,
        "label": entry.label,
        "probability": entry.probability,
        "error": None,
        "words": _("Done"),
    }
