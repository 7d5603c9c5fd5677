"""From the paths on the command line to the files to scan."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from unmask.cli.terminal import note
from unmask.core.errors import InputEmpty, InputNotFound, InputNotReadable, UnmaskError
from unmask.core.files import is_folder
from unmask.video import SUFFIXES, begins_as_media

STDIN = "-"
_MOST_SUFFIXES = 5
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NAMED = "name a file itself, and it is tried whatever it is called"
_LINK = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """One input: a file to try, or a folder or list of which ``problem`` says why it gave none."""

    path: Path
    problem: UnmaskError | None = None

    @property
    def text(self) -> str:
        """The path as valid Unicode, whatever bytes it is made of."""
        return os.fsencode(self.path).decode("utf-8", "backslashreplace")

    @property
    def name(self) -> str:
        """The last part of :attr:`text`."""
        return Path(self.text).name


def gather(paths: Iterable[str]) -> list[Source]:
    """The files that the paths name, those of folders sorted by name.

    A file that is named is always tried. In a folder, and the folders in it, files are tried whose
    suffix is one of :data:`unmask.video.SUFFIXES` or that begin as a video or picture; how many
    others there are is said. Hidden files and folders are passed over, and links to folders are
    not followed. ``-`` stands for paths read from standard input.
    """
    return [source for path in paths for source in _expand(path)]


def _expand(path: str) -> Iterator[Source]:
    if path == STDIN:
        yield from _listed()
    else:
        yield from _named(path)


def _named(path: str) -> Iterator[Source]:
    if is_folder(path):
        yield from _inside(Path(path))
    elif _LINK.match(path) and not Path(path).exists():
        yield Source(
            Path(path),
            InputNotFound(
                f"{path}: is a link, and a scan opens files only",
                hint="download the video or picture itself, or hand the link in in the browser: "
                "unmask serve",
            ),
        )
    else:
        yield Source(Path(path))


def _listed() -> Iterator[Source]:
    """Paths from standard input, one a line, or ended by NUL as ``find -print0`` does."""
    try:
        data = sys.stdin.buffer.read()
    except OSError as error:
        yield Source(
            Path(STDIN),
            InputNotReadable(
                f"standard input cannot be read: {error.strerror or error}",
                hint="send one path a line",
            ),
        )
        return
    names = _names(data)
    if not names:
        yield Source(
            Path(STDIN),
            InputEmpty("standard input named no files", hint="send one path a line"),
        )
    for name in names:
        # A "-" here is a file of that name: the list does not contain itself.
        yield from _named(name)


def _names(data: bytes) -> list[str]:
    """The paths of a list, also as PowerShell writes it: UTF-16, or UTF-8 with a mark before it."""
    if data.startswith(_UTF_16):
        data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    parts = data.split(b"\0") if b"\0" in data else data.splitlines()
    return [_decoded(part) for part in parts if part.strip()]


def _decoded(name: bytes) -> str:
    try:
        return os.fsdecode(name)
    except UnicodeDecodeError:  # Windows, whose "dir /b" writes as its console does
        return name.decode("oem", "replace")


def _inside(folder: Path) -> Iterator[Source]:
    denied: list[OSError] = []
    found, others = 0, Counter[str]()
    for here, folders, files in os.walk(folder, onerror=denied.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.startswith("."):
                continue
            path = Path(here, name)
            suffix = path.suffix.lower()
            if suffix in SUFFIXES or begins_as_media(path):
                found += 1
                yield Source(path)
            else:
                others[suffix] += 1
    for error in denied:
        place = Path(os.fsdecode(error.filename))
        yield Source(
            place,
            InputNotReadable(
                f"{place}: the folder cannot be read: {error.strerror}",
                hint="give yourself permission to read it",
            ),
        )
    if not found and not denied:
        yield Source(folder, _nothing_in(folder, others.total()))
    elif others:
        note(
            f"{folder}: not looked at, for neither name nor first bytes are those of a video or "
            f"picture: {_counted(others)}",
            _NAMED,
        )


def _nothing_in(folder: Path, others: int) -> InputEmpty:
    if not others:
        return InputEmpty(f"{folder}: the folder holds no files", hint="check the path")
    return InputEmpty(
        f"{folder}: none of the {others} files in the folder has the suffix or the first bytes of "
        "a video or picture",
        hint=_NAMED,
    )


def _counted(suffixes: Counter[str]) -> str:
    """Such as 5 files (3 .txt, 1 .pdf, 1 without suffix): the most frequent ones."""
    most = suffixes.most_common(_MOST_SUFFIXES)
    parts = [f"{number} {suffix or 'without suffix'}" for suffix, number in most]
    if rest := suffixes.total() - sum(number for _, number in most):
        parts.append(f"{rest} others")
    files = "1 file" if suffixes.total() == 1 else f"{suffixes.total()} files"
    return f"{files} ({', '.join(parts)})"
