"""Reaching a file safely: it exists, is a regular file, holds bytes, and may be read."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from unmask.core.deadline import Deadline
from unmask.core.errors import InputEmpty, InputNotFound, InputNotReadable

_PIECE = 2**20
_HEAD = 4096
UNHASHED = "0" * 64


@dataclass(frozen=True, slots=True)
class FileFacts:
    """``head`` is the first 4 KiB, enough to recognise most formats.

    ``changed_ns`` is its mtime, ``inode`` its number on its disk: a file that another took the
    place of may be as large and as old.
    """

    sha256: str
    size: int
    head: bytes
    changed_ns: int
    inode: int

    def hold(self, path: Path) -> bool:
        """Whether the file still looks as it did when it was read."""
        try:
            return _state(path.stat()) == self.state
        except OSError:
            return False

    @property
    def state(self) -> tuple[int, int, int]:
        """What changes with the file."""
        return self.size, self.changed_ns, self.inode

    def check(self, path: Path) -> None:
        """Raise :class:`InputNotReadable` unless they still hold."""
        if not self.hold(path):
            raise changed_while_read(path)


def changed_while_read(path: Path) -> InputNotReadable:
    """The error for a file of which nobody knows any more what was read of it."""
    return InputNotReadable(
        f"{path}: changed while it was read: "
        "a verdict would fit neither what it was nor what it is",
        hint="wait until it is written to its end, then scan it again",
    )


def read_facts(path: Path, deadline: Deadline) -> FileFacts:
    """Hash a file in pieces. Raises :class:`InputNotFound`, ``InputNotReadable``, ``InputEmpty``.

    ``InputNotReadable``, too, for a file that is written to at the same time.
    The type is checked before the file is opened, for opening a FIFO would wait for its writer.
    """
    with _reading(path) as (stream, status):
        digest, size, head = hashlib.sha256(), 0, b""
        # One piece of memory for all: where the C library returns what is freed, another for each
        # would be cleared by the system first, which takes a quarter as long as hashing it.
        memory = memoryview(bytearray(_PIECE))
        while read := stream.readinto(memory):
            deadline.check(f"reading {path.name}")
            piece = memory[:read]
            head = head or bytes(piece[:_HEAD])
            digest.update(piece)
            size += read
        after = os.fstat(stream.fileno())
    _check_size(path, size)
    facts = FileFacts(digest.hexdigest(), size, head, status.st_mtime_ns, status.st_ino)
    if _state(after) != facts.state:
        raise changed_while_read(path)
    return facts


def glance(path: Path) -> FileFacts:
    """The same but for the hash, which is ``UNHASHED``: for who learns that later. Raises alike."""
    with _reading(path) as (stream, status):
        head = stream.read(_HEAD)
    _check_size(path, len(head))
    return FileFacts(UNHASHED, status.st_size, head, status.st_mtime_ns, status.st_ino)


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


@contextmanager
def _reading(path: Path) -> Iterator[tuple[BufferedReader, os.stat_result]]:
    try:
        _check_regular(path, _status(path).st_mode)
        with os.fdopen(_open_without_waiting(path), "rb") as stream:
            status = os.fstat(stream.fileno())
            _check_regular(path, status.st_mode)
            yield stream, status
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputNotFound(f"{path}: no such file", hint="check the path") from error
    except OSError as error:
        raise InputNotReadable(
            f"{path}: cannot be read: {error.strerror or error}", hint=_hint(error)
        ) from error


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except ValueError as error:  # a NUL in it, or half a character: no file can have that name
        raise InputNotFound(f"{str(path)!r}: no such file", hint="check the path") from error


def _check_size(path: Path, size: int) -> None:
    if size == 0:
        raise InputEmpty(f"{path}: the file is empty", hint="copy or download it again")


def _open_without_waiting(path: Path) -> int:
    flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    return os.open(path, os.O_RDONLY | flags)


def _hint(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "give yourself read permission, or run as a user who has it"
    return "check the path, and the disk it lies on"


def _check_regular(path: Path, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISSOCK, "a socket"),
    )
    kind = next((name for test, name in kinds if test(mode)), "of an unknown kind")
    raise InputNotReadable(
        f"{path}: is {kind}, not a regular file", hint="give the media file itself"
    )
