"""Uploads on disk: received in pieces, named by their SHA-256, never by who sent them."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from unmask.core.errors import StoreError
from unmask.jobs.folders import Folders
from unmask.jobs.room import NO_ROOM, check_room, no_room

_STALE_S = 24 * 3600.0


class TooManyBytes(Exception):
    """More was sent than is accepted. ``limit`` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class Incoming:
    """A file being received. Write to it, then :meth:`keep` or :meth:`discard` it.

    It has what form parsers ask of a stream (``write``, ``seek``, ``read``), and hashes as it is
    written; memory does not grow with the file. Where the disk fails it is gone, and
    :class:`StoreError` raised, :class:`unmask.core.errors.DiskFull` where there is no room but
    the reserve.
    """

    def __init__(self, vault: Vault, limit: int) -> None:
        self._vault = vault
        self._limit = limit
        with explained():
            check_room(vault.folders)
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
        with self._or_gone():
            check_room(self._vault.folders, len(piece))
            return self._file.write(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As a file's. Only for reading: what is written is appended in order."""
        with self._or_gone():  # the last of it goes to the disk
            return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As a file's."""
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        """As a file's."""
        return self._file.read(size)

    def __enter__(self) -> Incoming:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close, and discard what was not kept."""
        self.discard()

    def settle(self) -> None:
        """See that all of it is on disk: afterwards :meth:`keep` takes no time."""
        if self._file.closed:
            return
        with self._or_gone():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def keep(self) -> Path:
        """Move the file to its place among the uploads; the same bytes twice are kept once.

        What lies there already stays as it is: a job may be reading it, and would take another
        file in its place for one that changes while it is read.
        """
        self.settle()
        with self._or_gone():
            place = self._vault.place(self.sha256)
            if self._vault.size(self.sha256) == self.bytes:
                self._path.unlink(missing_ok=True)
                return place
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.replace(place)
        return place

    def discard(self) -> None:
        """Close and delete; nothing happens to a file that was kept."""
        with suppress(OSError):  # closing writes what is left, for which there may be no room
            self._file.close()
        self._path.unlink(missing_ok=True)

    @contextmanager
    def _or_gone(self) -> Iterator[None]:
        try:
            with explained():
                yield
        except StoreError:
            self.discard()
            raise


@contextmanager
def explained() -> Iterator[None]:
    """What the disk says, in words."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise no_room() from error
        raise StoreError(
            f"the file could not be kept: {error.strerror or error}",
            hint="check the data folder and the disk it lies on",
        ) from error


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

    def size(self, sha256: str) -> int | None:
        """Bytes of the file with this hash, if it is kept."""
        try:
            return self.place(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def kept_before(self, time_s: float) -> list[str]:
        """The hashes of the files that came before a time, in seconds of the epoch."""
        found = []
        for path in self.folders.uploads.glob("*/*"):
            with suppress(OSError):  # deleted meanwhile
                if not path.suffix and path.stat().st_mtime < time_s:
                    found.append(path.name)
        return found

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
        try:
            self.preview_place(sha256).unlink(missing_ok=True)
            place.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(
                f"{error.filename} cannot be deleted: {error.strerror}",
                hint="see that whoever runs Unmask may write to that folder",
            ) from error
        with suppress(OSError):  # it is not empty
            place.parent.rmdir()

    def sweep(self) -> int:
        """Delete what was left half received or half made a day ago or longer; say how many."""
        before, count = time.time() - _STALE_S, 0
        for path in self.folders.incoming.iterdir():
            with suppress(OSError):  # kept or discarded meanwhile, or swept by another worker
                if path.stat().st_mtime >= before:
                    continue
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                count += 1
        return count
