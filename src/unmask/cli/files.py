"""Documents are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import IO

from unmask.cli.streams import discard_stdout, expect_document, need_stdout
from unmask.core.errors import DataError, UsageError
from unmask.core.files import expanded, is_folder, is_there, whole

STDOUT = "-"
_IN_MEMORY = 2**22
_ELSEWHERE = "name another place"


class Target:
    """Text for a file or, for ``-``, standard output, that appears there at :meth:`publish`.

    Until then it waits in memory and, beyond a few megabytes, in a nameless temporary file: a
    process that is killed leaves neither half a document nor a stray file.
    """

    def __init__(self, place: str, option: str) -> None:
        """:class:`UsageError` at once where ``place`` cannot be written, not after an hour."""
        self.place = place
        self._option = option
        self._path = None if is_stdout(place) else expanded(place)
        if self._path is None:
            need_stdout()
        else:
            _check(self._path, option)
        self.stream: IO[str] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed by publish
            _IN_MEMORY, mode="w+", encoding="utf-8", newline=""
        )

    def close(self) -> None:
        """Let go of the text, published or not."""
        self.stream.close()

    def publish(self) -> None:
        """Put the text in its place, replacing a file that was there. :class:`UsageError`."""
        self.stream.seek(0)
        with self.stream as text:
            if self._path is None:
                _print(text)
                return
            try:
                _put(self._path, text)
            except OSError as error:
                raise UsageError(
                    f"{self._option} {self._path}: cannot be written: {error.strerror or error}",
                    hint=_ELSEWHERE,
                ) from error


def is_stdout(place: str) -> bool:
    """``-``, ``/dev/stdout``, or the file that standard output goes to: one must not replace it."""
    if place == STDOUT:
        return True
    try:
        return os.path.samestat(expanded(place).stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):
        return False


def _print(text: IO[str]) -> None:
    try:
        expect_document()
        shutil.copyfileobj(text, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_stdout()
        raise UsageError(
            f"standard output cannot be written: {error.strerror or error}",
            hint="free space there, or name a file",
        ) from error


def status_of(path: Path, option: str) -> os.stat_result | None:
    """What lies there, None for nothing. :class:`UsageError` where that cannot be told."""
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(
            f"{option} {path}: cannot be written: {error.strerror or error}", hint=_ELSEWHERE
        ) from error


def check_folder(path: Path, option: str) -> None:
    """:class:`UsageError` where ``path`` is no folder to write into and cannot be made one."""
    status_of(path, option)
    here = next(place for place in (path.absolute(), *path.absolute().parents) if is_there(place))
    if not is_folder(here):
        raise UsageError(f"{option} {path}: {here} is no folder", hint=_ELSEWHERE)
    if not os.access(here, os.W_OK | os.X_OK):
        raise UsageError(f"{option} {path}: {here} may not be written", hint=_ELSEWHERE)


def _check(path: Path, option: str) -> None:
    status = status_of(path, option)
    folder = _followed(path).parent
    if status is not None and stat.S_ISDIR(status.st_mode):
        raise UsageError(f"{option} {path}: is a folder", hint=f"such as {path / 'unmask.json'}")
    if _special(status):
        written = path
    elif is_folder(folder):
        written = folder
    else:
        raise UsageError(f"{option} {path}: there is no folder {folder}", hint="make it first")
    if not os.access(written, os.W_OK):
        raise UsageError(f"{option} {path}: may not be written", hint=_ELSEWHERE)


def _followed(path: Path) -> Path:
    """Where links lead. Of ``/dev/fd/63`` and the like that is the name of no file."""
    return Path(os.path.realpath(path))


def _special(status: os.stat_result | None) -> bool:
    """A pipe or a device, which must not become a file."""
    return status is not None and not stat.S_ISREG(status.st_mode)


def _put(path: Path, text: IO[str]) -> None:
    if _special(path.stat() if path.exists() else None):
        sys.stdout.flush()  # it may be the same pipe, and what was printed came first
        with path.open("w", encoding="utf-8", newline="") as stream:
            shutil.copyfileobj(text, stream)
        return
    with (
        whole(_followed(path)) as part,  # a link stays a link
        part.open("w", encoding="utf-8", newline="") as stream,
    ):
        shutil.copyfileobj(text, stream)


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
            f"{option} {path}: cannot be written: {error.strerror or error}", hint=_ELSEWHERE
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
    path = expanded(place)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"cannot make the folder {path}: {error.strerror or error}",
            hint=f"choose another place with {option}",
        ) from error
    return path
