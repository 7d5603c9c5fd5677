"""Reaching a sample on disk, also where it lies in an archive that nobody has extracted."""

from __future__ import annotations

import json
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unmask.core.errors import DataError
from unmask.datasets.archives import reading
from unmask.datasets.sample import INSIDE, Sample
from unmask.datasets.tree import PICTURES

_lock = threading.Lock()
_last: tuple[Path, tempfile.TemporaryDirectory[str]] | None = None


@contextmanager
def opened(root: Path, sample: Sample) -> Iterator[Path]:
    """The file or folder of a sample.

    An archive is extracted to a temporary folder, which is kept until another is asked for:
    samples of one archive follow each other in an index, and a gzip cannot be entered midway.
    """
    archive, inside, folder = sample.path.partition(INSIDE)
    if not inside:
        path = root / sample.path
        if not path.exists():
            raise DataError(
                f"{path} is in the index and not on the disk",
                hint="if the data moved, say where with --root; else index it again",
            )
        yield path
        return
    with _lock:
        yield _extracted(root / archive) / folder


def _extracted(archive: Path) -> Path:
    global _last  # noqa: PLW0603 - one archive a process is kept open
    if _last is None or _last[0] != archive:
        if _last is not None:
            _last[1].cleanup()
            _last = None
        place = tempfile.TemporaryDirectory(prefix="unmask-")
        with reading(archive) as stream:
            stream.extractall(place.name, filter="data")
        _last = (archive, place)
    return Path(_last[1].name)


def frame_files(folder: Path, sample: Sample) -> list[Path]:
    """The frames of a folder in order of their numbers; only those the index lists, if it does."""
    listed = sample.attributes.get("frames")
    if listed is not None:
        return [folder / name for name in json.loads(listed)]
    pictures = [path for path in folder.iterdir() if path.suffix.lower() in PICTURES]
    return sorted(pictures, key=lambda path: (_number(path.stem), path.name))


def _number(stem: str) -> int:
    digits = re.findall(r"\d+", stem)
    return int(digits[-1]) if digits else -1
