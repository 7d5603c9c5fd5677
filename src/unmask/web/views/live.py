"""The camera of the browser, watched live; nothing is kept unless the person records."""

from __future__ import annotations

import json
import re

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from unmask.core.errors import ModelError
from unmask.jobs.live_child import LONGEST
from unmask.verdict import REASONS
from unmask.web.services import services
from unmask.web.words import _

live = Blueprint("live", __name__)
_ID = re.compile(r"[0-9a-f]{32}")


@live.get("/live")
def camera() -> ResponseReturnValue:
    """The page, the only one that may ask for the camera."""
    own = services()
    try:
        usual = own.package().manifest.thresholds
    except ModelError as error:
        return render_template("no_model.html", error=error)
    page = render_template(
        "live.html",
        thresholds=own.options().thresholds or usual,
        reasons=json.dumps(_reasons()),
    )
    answer = make_response(page)
    answer.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    return answer


@live.post("/live/<id>/frames")
def frame(id: str) -> ResponseReturnValue:
    """The faces of one frame, a JPEG of at most 2 MB."""
    if not _ID.fullmatch(id) or request.mimetype != "image/jpeg":
        abort(400)
    if (request.content_length or LONGEST + 1) > LONGEST:
        abort(413)
    jpeg = request.get_data(cache=False)
    return jsonify(services().cameras.look(id, jpeg, services().options))


@live.post("/live/<id>/end")
def end(id: str) -> ResponseReturnValue:
    """Nobody watches any more."""
    services().cameras.close(id)
    return Response(status=204)


def _reasons() -> dict[str, str]:
    """What a scan says of a reason, and what who holds a camera can do about it."""
    advice = {
        "face-too-small": _("Go nearer."),
        "face-turned": _("Turn the camera."),
        "face-cut-off": _("Get the whole face into the picture."),
        "too-blurred": _("Hold still, and see that the camera is in focus."),
        "too-noisy": _("See to more light."),
    }
    return {
        code: " ".join(filter(None, [_(sentence), advice.get(code)]))
        for code, sentence in REASONS.items()
    }
