"""Errors: a page for people, RFC 9457 problem details for programs, the codes of the CLI."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, json, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, SecurityError
from werkzeug.wrappers import Response as AnyResponse

from unmask.core.errors import (
    DiskFull,
    InputError,
    MissingExtra,
    ModelNotFound,
    StoreError,
    TimeBudgetExceeded,
    TooLarge,
    UnmaskError,
    UsageError,
)
from unmask.jobs import Crowded, TooManyBytes
from unmask.jobs.live import LiveFailed
from unmask.jobs.outward import LinkRefused
from unmask.jobs.previewing import NoPreview
from unmask.jobs.webhooks import WebhookRefused
from unmask.web.presenting import plain_size
from unmask.web.said import told
from unmask.web.services import services

log = logging.getLogger("unmask.web")
PROGRAMS = ("/api/", "/metrics", "/openapi.json")
"""Where paths begin at which only programs ask."""

# As up to Python 3.12. With other names in 3.13 the codes would change with the interpreter.
_RENAMED = {
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity",
}
_STATUS: tuple[tuple[type[UnmaskError], int], ...] = (
    (TooLarge, 413),
    (ModelNotFound, 422),
    (InputError, 422),
    (UsageError, 422),
    (LinkRefused, 422),
    (WebhookRefused, 422),
    (NoPreview, 422),
    (LiveFailed, 503),
    (DiskFull, 507),
    (Crowded, 503),
    (TimeBudgetExceeded, 503),
    (StoreError, 503),
    (MissingExtra, 501),
)


def install(app: Flask) -> None:
    """Answer every error of the application."""
    app.register_error_handler(UnmaskError, _own)
    app.register_error_handler(TooManyBytes, _too_many_bytes)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def status_of(error: UnmaskError) -> int:
    """The HTTP status for an error of the tree."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def _phrase(status: int) -> str:
    """What the status is called, of which our codes are made, by whichever Python this is."""
    return _RENAMED.get(status) or HTTPStatus(status).phrase


def for_programs() -> bool:
    """Whether the answer is to be JSON."""
    best = request.accept_mimetypes.best_match(("text/html", "application/json"), "text/html")
    return request.path.startswith(PROGRAMS) or best == "application/json"


def problem(status: int, code: str, detail: str, hint: str = "") -> Response:
    """Problem details (RFC 9457); ``code`` and ``hint`` as in ``unmask.scan/1``."""
    if not request.path.startswith(PROGRAMS):  # a page's own script asked, and shows the answer
        detail, hint = told(detail), told(hint)
    title = _phrase(status)
    body: dict[str, Any] = {"title": title, "status": status, "detail": detail, "code": code}
    if hint:
        body["hint"] = hint
    return Response(json.dumps(body), status, mimetype="application/problem+json")


def _answer(status: int, code: str, detail: str, hint: str = "") -> Response:
    if for_programs():
        return problem(status, code, detail, hint)
    page = render_template("problem.html", status=status, code=code, detail=detail, hint=hint)
    return Response(page, status)


def _own(error: UnmaskError) -> Response:
    message, hint = for_whom_it_is(error)
    return _answer(status_of(error), error.code, message, hint)


def for_whom_it_is(error: UnmaskError) -> tuple[str, str]:
    """What is wrong and what to do. It may name a folder or the database's server, which a
    stranger is not to learn: that is in the log then.
    """
    if not services().config.tokens_required or g.get("welcome", False):
        return error.message, error.hint
    log.warning("%s", error)
    return "The server cannot answer now.", "Its log says why."


def _too_many_bytes(error: TooManyBytes) -> AnyResponse:
    return _http(too_much(error.limit))


def too_much(limit: int) -> RequestEntityTooLarge:
    """The answer to more than so many bytes."""
    return RequestEntityTooLarge(f"More than {plain_size(limit)} were sent.")


def _http(error: HTTPException) -> AnyResponse:
    # Under a foreign name no address of ours can be built, so there is no page for people.
    if isinstance(error, SecurityError) and not for_programs():
        return Response(f"{error.description}\n", 400, mimetype="text/plain")
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()
    limit = services().config.max_upload
    if isinstance(error, RequestEntityTooLarge) and (request.content_length or 0) > limit:
        error = too_much(limit)  # Werkzeug's own words name none; not a form of too many fields
    status = error.code or 500
    code = _phrase(status).lower().replace(" ", "-")
    answer = _answer(status, code, error.description or _phrase(status))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _unforeseen(error: Exception) -> Response:
    log.exception("unforeseen, at %s %s", request.method, request.path, exc_info=error)
    return _answer(
        500,
        "internal",
        f"Unmask failed unexpectedly: {type(error).__name__}",
        "It is a bug: please report it. The server's log says more.",
    )
