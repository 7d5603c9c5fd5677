"""What a file says of its own origin. Beside the analysis, never in it."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from unmask.core.deadline import Deadline
from unmask.core.errors import InputError
from unmask.core.version import __version__
from unmask.evidence import provenance
from unmask.evidence.provenance import Provenance, Tag
from unmask.runtime import file_sha256
from unmask.video import FileTags, read_tags


def read_provenance(path: str | PathLike[str], *, timeout: float | None = None) -> Provenance:
    """``unmask.provenance/1`` of one file: Content Credentials and metadata.

    A file without either gives a document that says so; one that is no readable media has no tags.
    Without the extra ``provenance`` the credentials are ``not-read`` and the note names the extra.
    Raises OSError where the file cannot be read at all.
    """
    path = Path(path)
    try:
        found = read_tags(path, deadline=Deadline.after(timeout))
    except InputError:
        found = FileTags((), has_location=False)
    tags = tuple(Tag(place=one.place, name=one.name, value=one.value) for one in found.tags)
    return Provenance(
        unmask=__version__,
        sha256=file_sha256(path),
        credentials=provenance.read_credentials(path),
        created=provenance.created(tags),
        encoder=provenance.encoder(tags),
        software=provenance.software(tags),
        camera=provenance.camera(tags),
        has_location=found.has_location,
        tags=tags,
    )
