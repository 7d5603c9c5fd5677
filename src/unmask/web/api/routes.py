"""The operations of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_args
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest, Conflict

from unmask.core.analysis import Label
from unmask.core.errors import UsageError
from unmask.core.language import LANGUAGES
from unmask.jobs import Submission
from unmask.store import Order, State, Stored
from unmask.web.api import queries
from unmask.web.api.describing import Operation, describes
from unmask.web.api.records import (
    Cancelled,
    ItemPage,
    JobPage,
    Link,
    ModelItem,
    Models,
    Resent,
    Retried,
    Task,
    Upload,
)
from unmask.web.api.tasks import item_of, job_item_of, task_of, unknown
from unmask.web.security import owner
from unmask.web.services import services
from unmask.web.uploads import received
from unmask.web.views.downloads import frames_answer, report_answer
from unmask.web.views.upload import NUMBERS, PART, options_from

API = Blueprint("api", __name__, url_prefix="/api/v1")
_MOST = 200
_CANCELLED_AT_ONCE = 1000  # others write in between
_RETRIED_AT_ONCE = 100
_FAR = 2**31 - 1
_LONGEST_JSON = 2**17  # it is read into memory, and holds two addresses at most
_REPORT = {"language": ({"enum": list(LANGUAGES), "default": "en"}, "that it is written in")}
_AFTER = ({"type": "string", "pattern": queries.PLACE}, "as the address in next has it")
_BY_TIME = ("newest", "oldest")
_TEXT = {"type": "string", "maxLength": queries.LONGEST_TEXT}


@API.before_request
def _only_known_parameters() -> None:
    operation = getattr(current_app.view_functions[request.endpoint or ""], "operation", None)
    if operation is not None:
        queries.nothing_else(request.args, operation.query)


@API.post("/analyses")
@describes(
    Operation(
        summary="Submit a file",
        bodies={"multipart/form-data": Upload, "application/json": Link},
        answers={
            200: ("The same bytes were analysed with the same model and options before", Task),
            202: ("The file waits to be analysed; Location says where to ask", Task),
        },
        problems=(400, 413, 501),
    )
)
def submit() -> ResponseReturnValue:
    """Send a file as ``multipart/form-data`` or name a link as JSON, with options if wanted."""
    done = _linked() if request.mimetype == "application/json" else _uploaded()
    answer = _json(task_of(done.id), 200 if done.outcome == "known" else 202)
    answer.headers["Location"] = url_for("api.ask", id=done.id)
    return answer


@API.get("/analyses")
@describes(
    Operation(
        summary="List analyses",
        query={
            "text": (_TEXT, "part of the file's name, or the start of its SHA-256 (8 digits on)"),
            "label": ({"enum": list(get_args(Label))}, "only with this verdict"),
            "since": ({"type": "string", "format": "date-time"}, "at or after this time"),
            "until": ({"type": "string", "format": "date-time"}, "before this time"),
            "order": ({"enum": list(get_args(Order)), "default": "newest"}, "which come first"),
            "limit": ({"type": "integer", "minimum": 1, "maximum": _MOST}, "at most so many"),
            "offset": ({"type": "integer", "minimum": 0, "maximum": _FAR}, "so many left out"),
            "after": _AFTER,
        },
        answers={200: ("One page", ItemPage)},
    )
)
def search() -> ResponseReturnValue:
    """Past analyses, without their documents."""
    filters, history = queries.filters(), services().history
    order = queries.one_of("order", get_args(Order), "newest")
    limit, offset = queries.whole("limit", 50, 1, _MOST), queries.whole("offset", 0, 0, _FAR)
    after = queries.place("after")
    if after is not None and order not in _BY_TIME:
        raise UsageError("after is for the orders newest and oldest; for others there is offset")
    found = history.list(
        filters, order=cast(Order, order), limit=limit + 1, offset=offset, after=after
    )
    entries = found[:limit]
    following = None
    if len(found) > limit:
        by_time = order in _BY_TIME  # other orders have no place that stays where it is
        place = {"after": queries.place_of(entries[-1])} if by_time else {"offset": offset + limit}
        following = _next_page("api.search", place)
    items, total = tuple(map(item_of, entries)), history.count(filters)
    return _json(ItemPage(total=total, offset=offset, items=items, next=following))


@API.get("/jobs")
@describes(
    Operation(
        summary="List jobs",
        query={
            "state": ({"enum": list(get_args(State)), "default": "failed"}, "those that are so"),
            "mine": ({"type": "boolean", "default": False}, "only what this token has booked"),
            "limit": ({"type": "integer", "minimum": 1, "maximum": _MOST}, "at most so many"),
            "after": _AFTER,
        },
        answers={200: ("One page", JobPage)},
    )
)
def jobs() -> ResponseReturnValue:
    """What was submitted, in the order in which it came: what failed, unless asked otherwise."""
    state = cast(State, queries.one_of("state", get_args(State), "failed"))
    mine = queries.one_of("mine", ("true", "false"), "false") == "true"
    limit = queries.whole("limit", 50, 1, _MOST)
    found = services().desk.book.page(
        state, owner=owner("api") if mine else None, after=queries.place("after"), limit=limit + 1
    )
    items, rest = found[:limit], found[limit:]
    following = _next_page("api.jobs", {"after": queries.place_of(items[-1])}) if rest else None
    return _json(JobPage(items=tuple(map(job_item_of, items)), next=following))


@API.post("/jobs/cancel")
@describes(
    Operation(
        summary="Cancel all that waits",
        answers={200: ("It is cancelled", Cancelled)},
    )
)
def cancel_waiting() -> ResponseReturnValue:
    """Cancel whatever this token has booked and nobody has begun; what runs goes on."""
    book, whose, count = services().desk.book, owner("api"), 0
    while some := book.cancel_waiting(whose, most=_CANCELLED_AT_ONCE):
        count += some
    return _json(Cancelled(cancelled=count))


@API.post("/jobs/retry")
@describes(
    Operation(
        summary="Retry all that failed",
        query={"code": ({"type": "string", "pattern": queries.CODE}, "only with this error")},
        answers={200: ("They wait again", Retried)},
    )
)
def retry_failed() -> ResponseReturnValue:
    """Have all done again that this token has booked and that failed, under the same ids."""
    book, code = services().desk.book, queries.code("code")
    count = book.retry_failed(owner("api"), code=code, most=_RETRIED_AT_ONCE)
    return _json(Retried(retried=count))


@API.post("/webhooks/resend")
@describes(
    Operation(
        summary="Resend all webhooks that were given up",
        answers={200: ("They are sent again", Resent)},
    )
)
def resend_given_up() -> ResponseReturnValue:
    """Try all messages anew that no receiver took, whoever booked what they are about."""
    deliveries, count = services().desk.deliveries, 0
    while some := deliveries.revive(most=_CANCELLED_AT_ONCE):
        count += some
    return _json(Resent(resent=count))


@API.get("/analyses/<id>")
@describes(
    Operation(
        summary="Ask for an analysis",
        answers={200: ("How far it is, with the result when done", Task)},
        problems=(404,),
    )
)
def ask(id: str) -> ResponseReturnValue:
    """State and progress; ``result`` holds the ``unmask.analysis/1`` document when done."""
    return _json(task_of(id))


@API.delete("/analyses/<id>")
@describes(
    Operation(
        summary="Delete an analysis",
        answers={204: ("File, result and pictures are gone", None)},
        problems=(404,),
    )
)
def delete(id: str) -> ResponseReturnValue:
    """Delete the file, unless another analysis is of the same bytes, and all that came of it."""
    if not services().desk.delete(id):
        raise unknown()
    return Response(status=204)


@API.post("/analyses/<id>/cancel")
@describes(
    Operation(
        summary="Cancel a job",
        answers={202: ("It ends now, or as soon as its worker notices", Task)},
        problems=(404, 409),
    )
)
def cancel(id: str) -> ResponseReturnValue:
    """Stop a job that waits or runs. 409 when it has ended already."""
    task = task_of(id)
    if not services().desk.book.cancel(id):
        raise Conflict(f"The job has ended: {task.state}.")
    return _json(task_of(id), 202)


@API.post("/analyses/<id>/retry")
@describes(
    Operation(
        summary="Retry a job",
        answers={202: ("It waits to be analysed", Task)},
        problems=(404, 409),
    )
)
def retry(id: str) -> ResponseReturnValue:
    """Have a job done again that failed or was cancelled, under the same id. 409 for others."""
    task = task_of(id)
    if not services().desk.retry(id):
        raise Conflict(f"The job has neither failed nor been cancelled: {task.state}.")
    return _json(task_of(id), 202)


@API.post("/analyses/<id>/webhooks")
@describes(
    Operation(
        summary="Resend the webhooks of an analysis",
        answers={200: ("They are sent again", Resent)},
        problems=(404,),
    )
)
def resend(id: str) -> ResponseReturnValue:
    """Tell everybody once more who was told of it, or should have been."""
    task_of(id)
    return _json(Resent(resent=services().desk.deliveries.again(id)))


@API.get("/analyses/<id>/report.html")
@describes(
    Operation(
        summary="Report as HTML",
        query=_REPORT,
        answers={200: ("One self-contained page", "text/html")},
        problems=(404, 500),
    )
)
def html(id: str) -> ResponseReturnValue:
    """The report, made anew; the custody log in it names this export."""
    return report_answer(_stored(id), "html", _language())


@API.get("/analyses/<id>/report.pdf")
@describes(
    Operation(
        summary="Report as PDF",
        query=_REPORT,
        answers={200: ("PDF/A on A4", "application/pdf")},
        problems=(404, 500, 501),
    )
)
def pdf(id: str) -> ResponseReturnValue:
    """The report, made anew; the custody log in it names this export."""
    return report_answer(_stored(id), "pdf", _language())


@API.get("/analyses/<id>/report.csv")
@describes(
    Operation(
        summary="Frames as CSV",
        answers={200: ("A row for each face in each sampled frame", "text/csv")},
        problems=(404,),
    )
)
def frames(id: str) -> ResponseReturnValue:
    """Times, boxes and scores."""
    return frames_answer(_stored(id))


def _next_page(view: str, place: Mapping[str, str | int]) -> str:
    """The address of what follows, asked for in the same way."""
    asked = {name: text for name, text in request.args.items() if name not in ("offset", "after")}
    return f"{url_for(view)}?{urlencode({**asked, **place})}"


def _language() -> str:
    return queries.one_of("language", tuple(LANGUAGES), "en") or "en"


@API.get("/models")
@describes(Operation(summary="List models", answers={200: ("The models, default first", Models)}))
def models() -> ResponseReturnValue:
    """What a submission may name as ``model``."""
    items = []
    for number, package in enumerate(services().packages()):
        manifest, reference = package.manifest, package.reference()
        items.append(
            ModelItem(
                name=manifest.name,
                version=manifest.version,
                sha256=reference.sha256,
                licence=manifest.licence,
                architecture=manifest.architecture,
                thresholds=manifest.thresholds,
                default=number == 0,
            )
        )
    return _json(Models(models=tuple(items)))


def _uploaded() -> Submission:
    if request.mimetype != "multipart/form-data":
        raise BadRequest("Send multipart/form-data with a field named file, or JSON with a url.")
    form, own = request.form, services()
    queries.nothing_else(form, Upload.model_fields)
    options, fresh = options_from(form), queries.truth("fresh", form.get("fresh", ""))
    webhook, origin = own.webhook(form.get("webhook")), "submitted to the API"
    files = list(received("file"))
    if len(files) != 1:
        raise BadRequest(
            "The form has more than one file: send each by itself."
            if files
            else "The form has no field named file with a file in it."
        )
    file, name = files[0]
    whose = owner("api")
    return own.desk.submit(
        file, name, options, fresh=fresh, origin=origin, webhook=webhook, owner=whose
    )


def _linked() -> Submission:
    from unmask.web.links import fetch, shown

    request.max_content_length = _LONGEST_JSON
    try:
        link = Link.model_validate(request.get_json())
    except BadRequest as error:
        raise BadRequest("What was sent as JSON cannot be read as such.") from error
    except RecursionError as error:
        raise BadRequest("The JSON is nested too deeply.") from error
    except ValidationError as error:
        flaw = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, flaw["loc"])) or "it"
        raise UsageError(f"the JSON is not as it should be: {where}: {flaw['msg']}") from error
    given = link.model_dump(include={"model", *NUMBERS, *PART})
    own = services()
    options = own.options(
        **{name: value for name, value in given.items() if value not in (None, "")}
    )
    webhook = own.webhook(link.webhook)
    with own.desk.link():
        file, name = fetch(link.url, own.desk.vault, own.config.max_upload)
    origin = f"fetched from {shown(link.url)}"
    whose, fresh = owner("api"), link.fresh
    return own.desk.submit(
        file, name, options, fresh=fresh, origin=origin, webhook=webhook, owner=whose
    )


def _stored(id: str) -> Stored:
    stored = services().history.get(id)
    if stored is None:
        raise unknown()
    return stored


def _json(model: BaseModel, status: int = 200) -> Response:
    return Response(model.model_dump_json(by_alias=True), status, mimetype="application/json")
