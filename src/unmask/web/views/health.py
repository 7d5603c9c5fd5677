"""For those who watch over the service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from unmask.core.errors import UnmaskError
from unmask.core.version import __version__
from unmask.jobs.room import check_room, free, reserve
from unmask.web.api.describing import Operation, describes
from unmask.web.problems import for_whom_it_is
from unmask.web.services import services

health = Blueprint("health", __name__)


@health.get("/healthz")
@describes(
    Operation(
        summary="Health",
        answers={
            200: ("It works", "application/json"),
            503: ("It does not, and why", "application/json"),
        },
        open=True,
    )
)
def healthz() -> ResponseReturnValue:
    """200 when the database answers and a model is there, 503 with the reason otherwise.

    A full disk is no such reason: to start the server anew would not help.
    """
    return _state("ok", _works)


@health.get("/readyz")
@describes(
    Operation(
        summary="Readiness",
        answers={
            200: ("Files are taken", "application/json"),
            503: ("They are not now, and why", "application/json"),
        },
        open=True,
    )
)
def readyz() -> ResponseReturnValue:
    """200 when files are taken: it works, and there is room for them on the disk."""
    return _state("ready", _takes_files)


def _works() -> None:
    services().history.list(limit=1)  # whoever asks, and however long the history is
    services().package()


def _takes_files() -> None:
    _works()
    check_room(services().desk.folders)


def _state(good: str, check: Callable[[], None]) -> ResponseReturnValue:
    try:
        check()
    except UnmaskError as error:
        detail, _ = for_whom_it_is(error)
        return jsonify(status="failing", code=error.code, detail=detail), 503
    return jsonify(status=good, version=__version__)


@health.get("/metrics")
@describes(Operation(summary="Metrics", answers={200: ("Prometheus text", "text/plain")}))
def metrics() -> ResponseReturnValue:
    """Counts for Prometheus, in its text format."""
    desk = services().desk
    counts, since = desk.book.counts(), desk.book.waiting_since()
    waited_s = 0.0 if since is None else (datetime.now(UTC) - since).total_seconds()
    lines = [
        "# HELP unmask_jobs Jobs by state.",
        "# TYPE unmask_jobs gauge",
        *(
            f'unmask_jobs{{state="{state}"}} {counts.get(state, 0)}'
            for state in ("queued", "running", "done", "failed", "cancelled")
        ),
        "# HELP unmask_jobs_failed Failed jobs by the code of their error.",
        "# TYPE unmask_jobs_failed gauge",
        *(
            f'unmask_jobs_failed{{code="{code}"}} {many}'
            for code, many in sorted(desk.book.failed_by_code().items())
        ),
        "# HELP unmask_jobs_waiting Jobs in the queue, by who takes turns.",
        "# TYPE unmask_jobs_waiting gauge",
        *(
            f'unmask_jobs_waiting{{door="{door}",token="{token}"}} {many}'
            for owner, many in desk.book.waiting_by_owner().items()
            for door, _, token in [owner.partition(":")]  # both empty: of an earlier version
        ),
        "# HELP unmask_longest_wait_seconds For how long the first job in the queue has waited.",
        "# TYPE unmask_longest_wait_seconds gauge",
        f"unmask_longest_wait_seconds {max(0.0, waited_s):.0f}",
        "# HELP unmask_disk_free_bytes Room left for uploads and pictures.",
        "# TYPE unmask_disk_free_bytes gauge",
        f"unmask_disk_free_bytes {free(desk.folders)}",
        "# HELP unmask_disk_reserve_bytes Below this much room no files are taken.",
        "# TYPE unmask_disk_reserve_bytes gauge",
        f"unmask_disk_reserve_bytes {reserve()}",
        "# HELP unmask_webhooks_waiting Messages that no receiver has taken yet.",
        "# TYPE unmask_webhooks_waiting gauge",
        f"unmask_webhooks_waiting {desk.deliveries.counted('waiting')}",
        "# HELP unmask_webhooks_given_up Messages that no receiver took and that are sent no more.",
        "# TYPE unmask_webhooks_given_up gauge",
        f"unmask_webhooks_given_up {desk.deliveries.counted('given-up')}",
        "# HELP unmask_analyses Analyses in the history.",
        "# TYPE unmask_analyses gauge",
        f"unmask_analyses {services().history.count()}",
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain; version=0.0.4")
