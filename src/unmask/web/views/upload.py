"""The first page: hand in files."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from unmask.core.errors import ModelError, StoreError, UnmaskError, UsageError
from unmask.core.times import seconds_of
from unmask.jobs import Desk, JobOptions, Submission
from unmask.pipeline import RANGES
from unmask.runtime import ModelPackage
from unmask.store import Entry
from unmask.video import SUFFIXES
from unmask.web import problems
from unmask.web.links import fetch, shown
from unmask.web.security import owner
from unmask.web.services import services
from unmask.web.uploads import received

upload = Blueprint("upload", __name__)
_DIGITS = 12  # Python reads no number of thousands
NUMBERS = ("clips", "frames_per_clip", "min_face", "max_faces")
PART = ("from_s", "to_s")
_ORIGIN = "uploaded to the web app"  # for the custody log


@upload.get("/")
def home() -> ResponseReturnValue:
    """The form, and what was analysed last; ``fresh``: a known result is not what is wanted."""
    return _page(fresh=request.args.get("fresh") == "1")


def _page(url: str = "", problem: UnmaskError | None = None, *, fresh: bool = False) -> str:
    """``url`` and ``problem``: the link that was not to be had, to be mended, and why."""
    recent = _recent()
    return render_template(
        "upload.html",
        recent=recent,
        posters={one.id: services().desk.pictures(one.id).poster for one in recent},
        models=_models(),
        ranges=RANGES,
        suffixes=",".join(sorted(SUFFIXES)),
        batch=Desk.new_batch(),
        limit=services().config.max_upload,
        url=url,
        problem=problem,
        fresh=fresh,
    )


@upload.post("/")
def submit() -> ResponseReturnValue:
    """The form as it is sent without JavaScript: any number of files at once."""
    options = options_from(request.form)
    fresh = request.form.get("fresh") == "1"
    batch, webhook = Desk.new_batch(), services().webhook(None)
    files = list(received("file"))
    done, refused = list[Submission](), list[UnmaskError]()
    for file, name in files:
        try:
            one = services().desk.submit(
                file,
                name,
                options,
                batch=batch,
                fresh=fresh,
                origin=_ORIGIN,
                webhook=webhook,
                owner=owner("web"),
            )
        except UnmaskError as error:  # of one file, which keeps no other from being taken
            refused.append(error)
            if isinstance(error, StoreError):  # of the disk, which each would only wait for
                break
        else:
            done.append(one)
    if not done:
        raise refused[0] if refused else BadRequest("No file was chosen.")
    results = _several(done, batch) if len(done) > 1 else url_for("analyses.show", id=done[0].id)
    if refused:
        lost = len(files) - len(done)
        page = render_template("partly.html", lost=lost, refused=refused, results=results)
        return page, problems.status_of(refused[0])
    return redirect(results, 303)


@upload.post("/uploads")
def submit_one() -> ResponseReturnValue:
    """One file sent by the page's script; what came of it as JSON."""
    options = options_from(request.form)
    batch = request.form.get("batch", "")
    if batch and not re.fullmatch(r"[0-9a-f]{20}", batch):
        raise BadRequest("The batch is not one that this site has named.")
    fresh = request.form.get("fresh") == "1"
    for file, name in received("file"):
        try:
            done = services().desk.submit(
                file,
                name,
                options,
                batch=batch or None,
                fresh=fresh,
                origin=_ORIGIN,
                webhook=services().webhook(None),
                owner=owner("web"),
            )
        except UnmaskError as error:
            status = problems.status_of(error)
            return problems.problem(status, error.code, error.message, error.hint)
        url = url_for("analyses.show", id=done.id)
        return jsonify(id=done.id, outcome=done.outcome, url=url), 201
    raise BadRequest("No file was sent.")


@upload.post("/links")
def link() -> ResponseReturnValue:
    """Fetch a file from the web and hand it in."""
    url = request.form.get("url", "").strip()
    own = services()
    try:
        with own.desk.link():
            file, name = fetch(url, own.desk.vault, own.config.max_upload)
    except UnmaskError as error:
        if problems.for_programs():
            raise
        return _page(url, error), problems.status_of(error)
    done = own.desk.submit(
        file,
        name,
        own.options(),
        origin=f"fetched from {shown(url)}",
        webhook=own.webhook(None),
        owner=owner("web"),
    )
    return redirect(url_for("analyses.show", id=done.id), 303)


def options_from(form: Mapping[str, str]) -> JobOptions:
    """The options that a form states; what it leaves open is as usual."""
    numbers: dict[str, float] = {}
    for name in NUMBERS:
        text = form.get(name, "").strip()
        if text:
            if not text.isdecimal() or len(text) > _DIGITS:
                raise UsageError(f"{name} must be a whole number, not {text[:40]!r}")
            numbers[name] = int(text)
    for name in PART:
        if text := form.get(name, "").strip():
            numbers[name] = seconds_of(text)
    return services().options(form.get("model") or None, **numbers)


def _several(done: list[Submission], batch: str) -> str:
    """The table of what was sent together, naming also what was known before."""
    others = [one.id for one in done if one.outcome != "new"]
    return url_for("progress.batch", batch=batch, also=others or None)


def _recent() -> list[Entry]:
    return services().history.list(limit=6)


def _models() -> list[ModelPackage]:
    """Those that can be chosen; without any the page says so instead of failing."""
    try:
        return services().packages()
    except ModelError:
        return []
