"""Uploads on disk: received in pieces, named by their SHA-256, never by who sent them."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from pathlib import Path

from unmask.jobs.folders import Folders

_STALE_S = 24 * 3600.0


class TooManyBytes(Exception):
    """More was sent than is accepted. ``limit`` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class Incoming:
    """A file being received. Write to it, then :meth:`keep` or :meth:`discard` it.

    It has what form parsers ask of a stream (``write``, ``seek``, ``read``), and hashes as it is
    written; memory does not grow with the file.
    """

    def __init__(self, vault: Vault, limit: int) -> None:
        self._vault = vault
        self._limit = limit
        self._path = vault.folders.incoming / secrets.token_hex(16)
        descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        self._file = os.fdopen(descriptor, "w+b")
        self._digest = hashlib.sha256()
        self.bytes = 0

    @property
    def sha256(self) -> str:
        """Of what has been written so far, 64 hex digits."""
        return self._digest.hexdigest()

    def write(self, piece: bytes) -> int:
        """Append a piece. Raises :class:`TooManyBytes`; the file is gone then."""
        self.bytes += len(piece)
        if self.bytes > self._limit:
            self.discard()
            raise TooManyBytes(self._limit)
        self._digest.update(piece)
        return self._file.write(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As a file's. Only for reading: what is written is appended in order."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As a file's."""
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        """As a file's."""
        return self._file.read(size)

    def close(self) -> None:
        """Close, and discard what was not kept."""
        self.discard()

    def keep(self) -> Path:
        """Move the file to its place among the uploads; the same bytes twice are kept once."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        place = self._vault.place(self.sha256)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.replace(place)
        return place

    def discard(self) -> None:
        """Close and delete; nothing happens to a file that was kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class Vault:
    """The uploads of one data folder."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders

    def receive(self, limit: int) -> Incoming:
        """A new file of at most ``limit`` bytes."""
        return Incoming(self, limit)

    def place(self, sha256: str) -> Path:
        """Where the file with this hash is, or would be. ValueError for what is no hash."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError(f"not a SHA-256: {sha256!r}")
        return self.folders.uploads / sha256[:2] / sha256

    def find(self, sha256: str) -> Path | None:
        """The file with this hash, if it is kept."""
        place = self.place(sha256)
        return place if place.is_file() else None

    def preview_place(self, sha256: str) -> Path:
        """Where the preview of the file with this hash is, or would be."""
        return self.place(sha256).with_suffix(".preview.mp4")

    def find_preview(self, sha256: str) -> Path | None:
        """The preview of the file with this hash, if one was made."""
        place = self.preview_place(sha256)
        return place if place.is_file() else None

    def delete(self, sha256: str) -> None:
        """Delete the file with this hash and its preview, if they are kept."""
        place = self.place(sha256)
        place.unlink(missing_ok=True)
        self.preview_place(sha256).unlink(missing_ok=True)
        if place.parent.is_dir() and not any(place.parent.iterdir()):
            place.parent.rmdir()

    def sweep(self) -> int:
        """Delete what was left half received or half made a day ago or longer; say how many."""
        before = time.time() - _STALE_S
        stale = [path for path in self.folders.incoming.iterdir() if path.stat().st_mtime < before]
        for path in stale:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return len(stale)
