"""Whether what a sample lies in is still what it was, without reading it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from unmask.datasets.opening import frame_files, on_disk
from unmask.datasets.sample import Sample


def file_state(root: Path, sample: Sample) -> str:
    """Size and time of change of a file; of a folder, a hash over those of its frames.

    What lies in an archive has the archive's. Empty where there is nothing that can be looked at.
    """
    try:
        place, inside = on_disk(root, sample)
        if inside or sample.kind != "frames-folder":
            return _state(place)
        frames = [f"{frame.name} {_state(frame)}\n" for frame in frame_files(place, sample)]
    except OSError:
        return ""
    return hashlib.sha256("".join(frames).encode(errors="surrogateescape")).hexdigest()[:32]


def _state(path: Path) -> str:
    found = path.stat()
    return f"{found.st_size}-{found.st_mtime_ns}"
