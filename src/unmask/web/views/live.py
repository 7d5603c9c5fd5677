"""The camera of the browser, watched live; nothing is kept unless the person records."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from unmask.core.errors import ModelError
from unmask.jobs.live_child import LONGEST
from unmask.web.services import services

live = Blueprint("live", __name__)
_ID = re.compile(r"[0-9a-f]{32}")


@live.get("/live")
def camera() -> ResponseReturnValue:
    """The page, the only one that may ask for the camera."""
    try:
        package = services().package()
    except ModelError as error:
        return render_template("no_model.html", error=error)
    answer = make_response(render_template("live.html", package=package))
    answer.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    return answer


@live.post("/live/<id>/frames")
def frame(id: str) -> ResponseReturnValue:
    """The faces of one frame, a JPEG of at most 2 MB."""
    if not _ID.fullmatch(id) or request.mimetype != "image/jpeg":
        abort(400)
    if (request.content_length or LONGEST + 1) > LONGEST:
        abort(413)
    model = str(services().package().folder)
    return jsonify(services().cameras.look(id, request.get_data(cache=False), model))


@live.post("/live/<id>/end")
def end(id: str) -> ResponseReturnValue:
    """Nobody watches any more."""
    services().cameras.close(id)
    return Response(status=204)
