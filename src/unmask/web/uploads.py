"""Receiving files: from the socket to the disk, never through memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, cast

from flask import Request, request
from werkzeug.datastructures import FileStorage

from unmask.jobs import Incoming
from unmask.web.services import services

FILES_AT_ONCE = 500


class StreamingRequest(Request):
    """Writes each file of a form straight into the data folder, hashing it on the way."""

    max_form_memory_size = 200_000
    max_form_parts = FILES_AT_ONCE + 20

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        desk = services().desk
        return cast(IO[bytes], desk.vault.receive(services().config.max_upload))


def received(field: str) -> Iterator[tuple[Incoming, str]]:
    """The files of a form field that were really chosen, each with the sender's name for it."""
    for file in request.files.getlist(field):
        stream = cast(Any, file.stream)
        if isinstance(stream, Incoming) and (file.filename or stream.bytes):
            yield stream, file.filename or "unnamed"


def discard_rest(_: object = None) -> None:
    """Close what a request has brought and no view has kept."""
    for file in _parsed_files():
        file.close()


def _parsed_files() -> list[FileStorage]:
    """Without parsing a form that no view has asked for."""
    files = request.__dict__.get("files")
    return [] if files is None else [file for _, file in files.items(multi=True)]
