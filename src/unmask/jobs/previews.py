"""Previews on demand, made where a hostile file can do no harm."""

from __future__ import annotations

import tempfile
from pathlib import Path

from unmask.core.analysis import MediaInfo
from unmask.jobs.desk import Desk
from unmask.jobs.errand import run_errand
from unmask.jobs.preview_child import PreviewOrder
from unmask.jobs.previewing import PREVIEW, NoPreview
from unmask.jobs.vault import explained

_CHILD = "unmask.jobs.preview_child"
_TIME_S = 240.0
_GRACE_S = 30.0


def make_preview(desk: Desk, media: MediaInfo) -> Path:
    """The preview of an upload, made now unless there is one.

    Raises :class:`NoPreview`, :class:`Crowded` and :class:`StoreError`.
    """
    with (
        desk.errand(),
        desk.reports,
        explained(),
        tempfile.TemporaryDirectory(dir=desk.folders.incoming) as folder,
    ):
        made = desk.vault.find_preview(media.sha256)
        source = desk.vault.find(media.sha256)
        if made is not None:
            return made
        if source is None:
            raise NoPreview("the file itself is not kept here", hint="upload it again")
        target = Path(folder) / PREVIEW
        order = PreviewOrder(source=str(source), media=media, target=str(target), seconds=_TIME_S)
        run_errand(_CHILD, order, "preview", NoPreview, seconds=_TIME_S + _GRACE_S)
        place = desk.vault.preview_place(media.sha256)
        target.replace(place)
        if desk.vault.find(media.sha256) is None:  # deleted meanwhile: nothing may stay of it
            place.unlink(missing_ok=True)
            raise NoPreview("the file was deleted meanwhile")
        return place
