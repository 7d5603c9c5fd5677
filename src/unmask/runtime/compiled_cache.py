"""Compiled graphs on disk, shared with other processes that may be starting at this moment.

OpenVINO writes a compiled graph under its final name, and maps the file of one that is there. Two
processes that find a folder empty get into each other's way: one takes what the other has half
written for broken and removes it, or cuts off a file that is mapped, which kills whoever reads on
(SIGBUS). So each works in a folder of its own with links to what there is, and what it has made is
put in place whole.

Every update of a model, and every model tried, would add its graphs for ever: what was not used for
longest goes once all together are larger than :data:`BOUND`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from unmask.core.errors import StoreError
from unmask.core.paths import cache_folder

BOUND = 10**9
"""Bytes to keep: some ten models and ways to run them."""
_COMPILED = "*.blob"
_OWN = "own-"
_LEFT_S = 3600.0  # no graph takes as long to compile


@contextmanager
def own_folder(graph: Path) -> Iterator[Path | None]:
    """Where ``graph`` may be kept compiled during the block; None where nothing can be written."""
    with ExitStack() as stack:
        try:
            shared = _shared_folder(graph)
            own = stack.enter_context(_folder_in(shared))
            for blob in shared.glob(_COMPILED):
                os.link(blob, own / blob.name)
        except (OSError, StoreError):
            yield None  # a cache only saves time
            return
        yield own
        with suppress(OSError):
            if _publish(own, shared):
                _forget_oldest(shared.parent)


@contextmanager
def _folder_in(shared: Path) -> Iterator[Path]:
    """A folder for one use. What earlier ones have left there goes.

    On Windows a file that is mapped stays, and its folder, until the process ends. By
    ``TemporaryDirectory`` it would be tried there again and again, up to Python 3.12.0 for ever.
    """
    for left in shared.glob(f"{_OWN}*"):
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - _LEFT_S:
                shutil.rmtree(left, ignore_errors=True)
    own = Path(tempfile.mkdtemp(dir=shared, prefix=_OWN))
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _publish(own: Path, shared: Path) -> bool:
    """Replace what was absent or broken; what is only linked here is there already."""
    made = False
    for blob in own.glob(_COMPILED):
        kept = shared / blob.name
        if not (kept.exists() and kept.samefile(blob)):
            blob.replace(kept)
            made = True
    return made


def _forget_oldest(cache: Path) -> None:
    """Remove folders until the rest fit ``BOUND``; the one used last stays in any case.

    Each use makes a folder within, which sets the time. Who still reads a graph that goes keeps it
    (on Windows it stays), and who is about to fill a folder that goes compiles without.
    """
    held = 0
    for folder in sorted(cache.iterdir(), key=lambda one: one.stat().st_mtime_ns, reverse=True):
        size = sum(path.stat().st_size for path in folder.glob(_COMPILED))
        if held and held + size > BOUND:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            held += size


def _shared_folder(graph: Path) -> Path:
    """OpenVINO notices a changed graph by its path, size and whole second of change.

    A folder for each state of the file is stricter, so that no graph can answer with another's
    weights.
    """
    status = graph.stat()
    folder = cache_folder() / "openvino" / f"{status.st_size:x}-{status.st_mtime_ns:x}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
