"""Compiled graphs on disk, shared with other processes that may be starting at this moment.

OpenVINO writes a compiled graph under its final name, and maps the file of one that is there. Two
processes that find a folder empty get into each other's way: one takes what the other has half
written for broken and removes it, or cuts off a file that is mapped, which kills whoever reads on
(SIGBUS). So each works in a folder of its own with links to what there is, and what it has made is
put in place whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from unmask.core.paths import cache_folder

_COMPILED = "*.blob"


@contextmanager
def own_folder(graph: Path) -> Iterator[Path | None]:
    """Where ``graph`` may be kept compiled during the block; None where nothing can be written."""
    with ExitStack() as stack:
        try:
            shared = _shared_folder(graph)
            # On Windows a file that is mapped stays, and its folder, until the process ends.
            own = Path(
                stack.enter_context(
                    TemporaryDirectory(dir=shared, prefix="own-", ignore_cleanup_errors=True)
                )
            )
            for blob in shared.glob(_COMPILED):
                os.link(blob, own / blob.name)
        except OSError:
            yield None  # a cache only saves time
            return
        yield own
        with suppress(OSError):
            _publish(own, shared)


def _publish(own: Path, shared: Path) -> None:
    """Replace what was absent or broken; what is only linked here is there already."""
    for blob in own.glob(_COMPILED):
        kept = shared / blob.name
        if not (kept.exists() and kept.samefile(blob)):
            blob.replace(kept)


def _shared_folder(graph: Path) -> Path:
    """OpenVINO notices a changed graph by its path, size and whole second of change.

    A folder for each state of the file is stricter, so that no graph can answer with another's
    weights.
    """
    status = graph.stat()
    folder = cache_folder() / "openvino" / f"{status.st_size:x}-{status.st_mtime_ns:x}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
