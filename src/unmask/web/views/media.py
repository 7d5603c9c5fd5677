"""The file itself for the player, and the pictures made of it."""

from __future__ import annotations

import re

from flask import Blueprint, abort, send_file
from flask.typing import ResponseReturnValue

from unmask.core.analysis import MediaInfo
from unmask.web.services import services

media = Blueprint("media", __name__)

# What browsers play, by container and codec; the type is ours, never the sender's.
_TYPES = {"mp4": "video/mp4", "mov": "video/mp4", "webm": "video/webm", "3gp": "video/mp4"}
_CODECS = frozenset({"h264", "vp8", "vp9", "av1"})
_PICTURE = re.compile(r"(?:poster|face-\d+-\d+(?:-heat)?)\.(webp|png)")
# What is shown is inert, whatever a file pretends to be.
_SANDBOX = "default-src 'none'; sandbox"


@media.get("/analyses/<id>/media")
def source(id: str) -> ResponseReturnValue:
    """The file as it came, for the player: only what browsers play as a video."""
    stored = services().history.get(id)
    kind = None if stored is None else playable(stored.analysis.media)
    path = None if stored is None else services().desk.vault.find(stored.entry.sha256)
    if path is None or kind is None:
        abort(404)
    answer = send_file(path, mimetype=kind, conditional=True, etag=False, max_age=3600)
    answer.headers["Content-Security-Policy"] = _SANDBOX
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@media.get("/analyses/<id>/pictures/<name>")
def picture(id: str, name: str) -> ResponseReturnValue:
    """A picture that the analysis made."""
    match = _PICTURE.fullmatch(name)
    if match is None or not id.isalnum():
        abort(404)
    path = services().desk.picture_folder(id) / name
    if not path.is_file():
        abort(404)
    answer = send_file(path, mimetype=f"image/{match[1]}", conditional=True, max_age=3600)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def playable(info: MediaInfo) -> str | None:
    """The type under which browsers play this video; None where they do not."""
    if info.kind != "video" or info.codec not in _CODECS:
        return None
    return _TYPES.get(info.container)
