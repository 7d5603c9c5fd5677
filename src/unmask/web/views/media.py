"""The file itself for the player, and the pictures made of it."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Blueprint, Response, abort, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wsgi import wrap_file

from unmask.jobs.previewing import playable
from unmask.jobs.previews import make_preview
from unmask.web.services import services

media = Blueprint("media", __name__)

_PICTURE = re.compile(r"(?:poster|face-\d+-(?:lasting|\d+(?:-heat)?))\.(webp|png)")
# What is shown is inert, whatever a file pretends to be.
_SANDBOX = "default-src 'none'; sandbox"
# Else a browser's own folder holds faces and films that were deleted here, and of who signed out.
_NOWHERE = "no-store"


@media.get("/analyses/<id>/media")
def source(id: str) -> ResponseReturnValue:
    """The file as it came, for the player: only what browsers play as a video.

    The type is ours, never the sender's.
    """
    stored = services().history.get(id)
    kind = None if stored is None else playable(stored.analysis.media)
    path = None if stored is None else services().desk.vault.find(stored.entry.sha256)
    if path is None or kind is None:
        abort(404)
    return _film(path, kind)


@media.get("/analyses/<id>/preview")
def preview(id: str) -> ResponseReturnValue:
    """The small copy of a film that browsers do not play."""
    stored = services().history.get(id)
    path = None if stored is None else services().desk.vault.find_preview(stored.entry.sha256)
    if path is None:
        abort(404)
    return _film(path, "video/mp4")


@media.post("/analyses/<id>/preview")
def wish_preview(id: str) -> ResponseReturnValue:
    """Make that copy, for a film too long to have been given one with its analysis."""
    stored = services().history.get(id)
    if stored is None:
        abort(404)
    make_preview(services().desk, stored.analysis.media)
    return redirect(url_for("analyses.show", id=id), 303)


@media.get("/analyses/<id>/pictures/<name>")
def picture(id: str, name: str) -> ResponseReturnValue:
    """A picture that the analysis made."""
    match = _PICTURE.fullmatch(name)
    if match is None or not id.isalnum():
        abort(404)
    path = services().desk.picture_folder(id) / name
    if not path.is_file():
        abort(404)
    answer = send_file(path, mimetype=f"image/{match[1]}", conditional=True)
    answer.headers["Cache-Control"] = _NOWHERE
    return answer


def _film(path: Path, kind: str) -> Response:
    answer = send_file(path, mimetype=kind, conditional=True, etag=False)
    if answer.status_code == 206 and "wsgi.file_wrapper" in request.environ:
        _leave_to_the_server(answer, path)
    answer.headers["Content-Security-Policy"] = _SANDBOX
    answer.headers["Cache-Control"] = _NOWHERE
    return answer


def _leave_to_the_server(answer: Response, path: Path) -> None:
    """Have a range sent as whole files are: by the server, without a thread.

    Players ask for all from a moment on and stop reading when they have enough. Werkzeug reads a
    range piece by piece in the thread that answers, which would be held as long as a film pauses.
    """
    start = answer.content_range.start or 0
    answer.close()  # the file that it has open
    file = path.open("rb")
    file.seek(start)
    answer.response = wrap_file(request.environ, file)
    answer.direct_passthrough = True
