"""A folder as released: what lies in it, by names with forward slashes relative to its root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath

from unmask.core.errors import DataError
from unmask.video import SUFFIXES

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
VIDEOS = SUFFIXES - PICTURES
_UNFINISHED = frozenset({".part", ".partial", ".crdownload", ".aria2", ".download"})
_FOLDERS_PEEKED = 100
_NOISE = frozenset({"__MACOSX", "System Volume Information"})


@dataclass(frozen=True, slots=True)
class Tree:
    """Looks are taken on demand, so that a layout can be recognised without walking everything.

    ``empty`` and ``unfinished`` gather what a walk met that a broken download leaves behind.
    ``only`` and ``without`` hide folders right under the root, to ask what a folder would look
    like with one of them alone or with one of them gone.
    """

    root: Path
    only: str = ""
    without: str = ""
    empty: set[str] = field(default_factory=set)
    unfinished: set[str] = field(default_factory=set)

    def folders(self, at: str = "") -> list[str]:
        """Names of the folders in ``at``, sorted; none where ``at`` is no folder."""
        if self._hidden(at) or not (self.root / at).is_dir():
            return []
        names = [entry.name for entry in _entries(self.root / at) if entry.is_dir()]
        return names if at else [name for name in names if not self._hidden(name)]

    def folder(self, at: str, *names: str) -> str | None:
        """The first folder in ``at`` with one of these names in any case, as a path; or None."""
        for wanted in names:
            for found in self.folders(at):
                if found.casefold() == wanted.casefold():
                    return join(at, found)
        return None

    def has(self, path: str) -> bool:
        """Whether a file or folder is there."""
        return not self._hidden(path) and (self.root / path).exists()

    def files(
        self, at: str = "", suffixes: frozenset[str] = VIDEOS, *, deep: bool = True
    ) -> list[str]:
        """Files in and under ``at`` that are not empty, sorted; none where ``at`` is no folder."""
        if self._hidden(at) or not (self.root / at).is_dir():
            return []
        found = []
        for folder, entries in self._walk(at, deep=deep):
            for entry in entries:
                suffix = PurePosixPath(entry.name).suffix.lower()
                if suffix in _UNFINISHED:
                    self.unfinished.add(join(folder, entry.name))
                elif suffix in suffixes:
                    if entry.stat().st_size:
                        found.append(join(folder, entry.name))
                    else:
                        self.empty.add(join(folder, entry.name))
        return sorted(found)

    def peek(self, at: str = "", limit: int = 40) -> list[str]:
        """Some of the videos that :meth:`files` would give, from the first folders it walks."""
        found: list[str] = []
        if self._hidden(at) or not (self.root / at).is_dir():
            return found
        for folder, entries in islice(self._walk(at, deep=True), _FOLDERS_PEEKED):
            names = [e.name for e in entries if PurePosixPath(e.name).suffix.lower() in VIDEOS]
            found += [join(folder, name) for name in names]
            if len(found) >= limit:
                break
        return found[:limit]

    def picture_folders(self, at: str = "") -> list[str]:
        """Folders in and under ``at`` that hold pictures themselves."""
        found = {str(PurePosixPath(path).parent) for path in self.files(at, PICTURES)}
        return sorted("" if folder == "." else folder for folder in found)

    def _hidden(self, path: str) -> bool:
        top, below, _ = path.partition("/")
        inside = bool(below) or (self.root / top).is_dir()
        return bool(top) and inside and (top == self.without or self.only not in ("", top))

    def _walk(self, at: str, *, deep: bool) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
        """Follows links, as large sets are often linked together; each folder once."""
        waiting, seen = [at], set[tuple[int, int]]()
        while waiting:
            folder = waiting.pop(0)
            facts = (self.root / folder).stat()
            if (facts.st_dev, facts.st_ino) in seen:
                continue
            seen.add((facts.st_dev, facts.st_ino))
            entries = _entries(self.root / folder)
            if deep:
                waiting += [join(folder, entry.name) for entry in entries if entry.is_dir()]
            yield folder, [entry for entry in entries if entry.is_file()]


def join(at: str, name: str) -> str:
    """``at/name``, or ``name`` where ``at`` is the root."""
    return f"{at}/{name}" if at else name


def tidy(path: str) -> str:
    """A path out of a list: backslashes turned, ``./`` and a leading slash dropped."""
    turned = path.strip().replace("\\", "/")
    return str(PurePosixPath(turned)).lstrip("/")


def stem(path: str) -> str:
    """The file's name without folder and suffix."""
    return PurePosixPath(path).stem


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as scan:
            entries = [e for e in scan if not e.name.startswith(".") and e.name not in _NOISE]
    except OSError as error:
        raise DataError(
            f"cannot look into {folder}: {error.strerror}", hint="check its permissions"
        ) from error
    return sorted(entries, key=lambda entry: entry.name)
