"""Documents are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO

from unmask.core.errors import DataError, UsageError

STDOUT = "-"
_IN_MEMORY = 2**22


class Target:
    """Text for a file or, for ``-``, standard output, that appears there at :meth:`publish`.

    Until then it waits in memory and, beyond a few megabytes, in a nameless temporary file: a
    process that is killed leaves neither half a document nor a stray file.
    """

    def __init__(self, place: str, option: str) -> None:
        """:class:`UsageError` at once where ``place`` cannot be written, not after an hour."""
        self.place = place
        self._path = None if place == STDOUT else Path(place).expanduser()
        if self._path is not None:
            _check(self._path, option)
        self.stream: IO[str] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed by publish
            _IN_MEMORY, mode="w+", encoding="utf-8", newline=""
        )

    def close(self) -> None:
        """Let go of the text, published or not."""
        self.stream.close()

    def publish(self) -> None:
        """Put the text in its place, replacing a file that was there."""
        self.stream.seek(0)
        with self.stream as text:
            if self._path is None:
                shutil.copyfileobj(text, sys.stdout)
                return
            try:
                _replace(self._path, text)
            except OSError as error:
                raise UsageError(
                    f"{self._path} cannot be written: {error.strerror or error}",
                    hint="name another file; what was analysed is answered from history",
                ) from error


def _check(path: Path, option: str) -> None:
    folder = path.resolve().parent
    if path.is_dir():
        raise UsageError(f"{option} {path}: is a folder", hint=f"such as {path / 'unmask.json'}")
    if not folder.is_dir():
        raise UsageError(f"{option} {path}: there is no folder {folder}", hint="make it first")
    if not os.access(path if path.exists() and not path.is_file() else folder, os.W_OK):
        raise UsageError(f"{option} {path}: may not be written", hint="name another place")


def _replace(path: Path, text: IO[str]) -> None:
    path = path.resolve()  # a link stays a link
    if path.exists() and not path.is_file():  # a pipe or a device must not become a file
        with path.open("w", encoding="utf-8", newline="") as stream:
            shutil.copyfileobj(text, stream)
        return
    part = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            shutil.copyfileobj(text, stream)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_new(path: Path, content: bytes, option: str) -> None:
    """A file that was not there before, whole or not at all, or :class:`UsageError`."""
    part = path.with_name(f".unmask-{os.getpid()}.part")
    try:
        try:
            part.write_bytes(content)
            _link(part, path)
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError as error:
        raise UsageError(f"{option} {path}: is there already", hint="name another") from error
    except OSError as error:
        raise UsageError(
            f"{option} {path}: cannot be written: {error.strerror or error}",
            hint="name another place; what was analysed is answered from history",
        ) from error


def _link(part: Path, path: Path) -> None:
    """Give the finished file its name, never in place of another that has it."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(path) from None
        part.replace(path)


def make_folder(place: str, option: str) -> Path:
    """The folder, made if need be. :class:`DataError` where it cannot be."""
    path = Path(place).expanduser()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"cannot make the folder {path}: {error.strerror or error}",
            hint=f"choose another place with {option}",
        ) from error
    return path
