"""Receiving files: from the socket to the disk, never through memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, cast

from flask import Request, request

from unmask.jobs import Incoming
from unmask.web.services import services

FILES_AT_ONCE = 500


class StreamingRequest(Request):
    """Writes each file of a form straight into the data folder, hashing it on the way."""

    max_form_memory_size = 200_000
    max_form_parts = FILES_AT_ONCE + 20

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.incoming: list[Incoming] = []

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        self.incoming.append(services().desk.vault.receive(services().config.max_upload))
        return cast(IO[bytes], self.incoming[-1])


def received(field: str) -> Iterator[tuple[Incoming, str]]:
    """The files of a form field that were really chosen, each with the sender's name for it."""
    for file in request.files.getlist(field):
        stream = cast(Any, file.stream)
        if isinstance(stream, Incoming) and (file.filename or stream.bytes):
            yield stream, file.filename or "unnamed"


def discard_rest(_: object = None) -> None:
    """Delete what a request has brought and no view has kept, of a form half read too."""
    for file in cast(StreamingRequest, request).incoming:
        file.close()
