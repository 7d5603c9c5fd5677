"""Previews on demand, made where a hostile file can do no harm."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from pydantic import ValidationError

from unmask.core.analysis import MediaInfo
from unmask.core.scan import Failure
from unmask.jobs.desk import Desk
from unmask.jobs.limits import Limits
from unmask.jobs.preview_child import FAILED, PreviewOrder
from unmask.jobs.previewing import PREVIEW, NoPreview

_TIME_S = 240.0
_GRACE_S = 30.0


def make_preview(desk: Desk, media: MediaInfo) -> Path:
    """The preview of an upload, made now unless there is one. Raises :class:`NoPreview`."""
    with desk.reports, tempfile.TemporaryDirectory(dir=desk.folders.incoming) as folder:
        made = desk.vault.find_preview(media.sha256)
        source = desk.vault.find(media.sha256)
        if made is not None:
            return made
        if source is None:
            raise NoPreview("the file itself is not kept here", hint="upload it again")
        target = Path(folder) / PREVIEW
        order = PreviewOrder(source=str(source), media=media, target=str(target), seconds=_TIME_S)
        _make(order, Limits.from_environment())
        place = desk.vault.preview_place(media.sha256)
        target.replace(place)
        if desk.vault.find(media.sha256) is None:  # deleted meanwhile: nothing may stay of it
            place.unlink(missing_ok=True)
            raise NoPreview("the file was deleted meanwhile")
        return place


def _make(order: PreviewOrder, limits: Limits) -> None:
    numbers = map(str, (limits.memory, limits.cpu_s, limits.file))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "unmask.jobs.preview_child", *numbers],
            input=order.model_dump_json().encode(),
            capture_output=True,
            timeout=order.seconds + _GRACE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NoPreview(f"the preview took longer than {order.seconds:g} s") from error
    if done.returncode == FAILED:
        raise _told(done.stdout)
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise NoPreview(f"the preview could not be made: {' '.join(last)[:300]}")


def _told(said: bytes) -> NoPreview:
    try:
        failure = Failure.model_validate_json(said)
    except ValidationError:
        return NoPreview("the preview could not be made")
    return NoPreview(f"no preview can be made: {failure.message}", hint=failure.hint)
