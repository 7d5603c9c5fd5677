"""What a scan has come to so far: the same bytes may come again under another name."""

from __future__ import annotations

import tempfile
import threading
import weakref
import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from unmask.core.analysis import Analysis

_IN_MEMORY = 2**22


@dataclass(frozen=True, slots=True)
class Seen:
    """A result of this scan: of which input, its number in the history, and when it was made."""

    input: str
    analysis: Analysis
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Place:
    input: str
    id: str
    at: datetime
    start: int
    length: int


class SeenResults:
    """Results by the SHA-256 of their bytes. Safe to use from several threads.

    Documents are compressed and, beyond a few megabytes, in a nameless temporary file: one may be
    fifty kilobytes, and a folder may hold a hundred thousand files.
    """

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}
        self._end = 0
        self._lock = threading.Lock()
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the next line
        weakref.finalize(self, _closed, self._file)

    def add(self, input: str, analysis: Analysis, id: str, at: datetime) -> None:
        """Remember a result; on a disk without room not: the same bytes are then looked at anew."""
        packed = zlib.compress(analysis.to_json().encode(), 1)
        with self._lock, suppress(OSError):
            self._file.seek(self._end)
            self._file.write(packed)
            place = _Place(input, id, at, self._end, len(packed))
            self._places[analysis.media.sha256] = place
            self._end += len(packed)

    def get(self, sha256: str) -> Seen | None:
        """The result for these bytes, if there is one that can be read."""
        place = self._places.get(sha256)
        if place is None:
            return None
        try:
            with self._lock:
                self._file.seek(place.start)
                packed = self._file.read(place.length)
        except OSError:  # moving in the file writes what is still to go to a disk without room
            return None
        analysis = Analysis.from_json(zlib.decompress(packed))
        return Seen(place.input, analysis, place.id, place.at)


def _closed(file: IO[bytes]) -> None:
    """Nobody reads it again: what there is no room for need not be written."""
    with suppress(OSError):
        file.close()
