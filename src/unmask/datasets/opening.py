"""Reaching a sample on disk, also where it lies in an archive that nobody has extracted."""

from __future__ import annotations

import atexit
import json
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unmask.core.errors import InputNotFound
from unmask.datasets.archives import reading
from unmask.datasets.sample import INSIDE, Sample
from unmask.datasets.tree import PICTURES

MOVED = "if the data moved, say where with --root; else index it again"
"""The way out where an index names what is not there."""

_lock = threading.Lock()
_last: tuple[Path, Path] | None = None


@contextmanager
def opened(root: Path, sample: Sample) -> Iterator[Path]:
    """The file or folder of a sample.

    An archive is extracted to a temporary folder, which is kept until another is asked for:
    samples of one archive follow each other in an index, and a gzip cannot be entered midway.
    :class:`InputNotFound` for what is not there, :class:`DataError` for a damaged archive.
    """
    path, folder = on_disk(root, sample)
    if not path.exists():
        raise InputNotFound(
            f"{path} is in the index and not on the disk",
            hint=MOVED,
        )
    if not folder:
        yield path
        return
    with _lock:
        yield _extracted(path) / folder


def on_disk(root: Path, sample: Sample) -> tuple[Path, str]:
    """The file or folder that a sample lies in, and where in it if that is an archive, else ""."""
    whole = root / sample.path
    archive, inside, folder = sample.path.partition(INSIDE)
    if not inside or whole.exists():  # a file's own name may hold the sign
        return whole, ""
    return root / archive, folder


def _extracted(archive: Path) -> Path:
    global _last  # noqa: PLW0603 - one archive a process is kept open
    if _last is None or _last[0] != archive:
        forget_archive()
        place = Path(tempfile.mkdtemp(prefix="unmask-"))
        try:
            with reading(archive) as stream:
                stream.extractall(place, filter="data")
        except BaseException:
            shutil.rmtree(place)
            raise
        _last = (archive, place)
    return _last[1]


@atexit.register
def forget_archive() -> None:
    """Delete what was extracted; done by itself when the process ends in peace."""
    global _last  # noqa: PLW0603
    if _last is not None:
        shutil.rmtree(_last[1], ignore_errors=True)
        _last = None


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
