"""SHA-256 of what an index points to, side by side."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from unmask.core.errors import DataError
from unmask.datasets.opening import frame_files, opened
from unmask.datasets.sample import Sample

Progress = Callable[[int, int], None]


def hash_samples(
    root: Path, samples: Sequence[Sample], *, workers: int, progress: Progress
) -> list[Sample]:
    """The samples with their ``sha256``; a folder of frames has that of its frames in order."""
    with ThreadPoolExecutor(workers) as pool:  # hashing works outside the interpreter's lock
        hashed: list[Sample] = []
        for digest in pool.map(lambda sample: hash_sample(root, sample), samples):
            hashed.append(replace(samples[len(hashed)], sha256=digest))
            progress(len(hashed), len(samples))
    return hashed


def hash_sample(root: Path, sample: Sample) -> str:
    """Of the file's bytes, or of its frames' names and bytes. :class:`DataError` if unreadable."""
    with opened(root, sample) as path:
        try:
            if sample.kind == "frames-folder":
                return hash_frames(frame_files(path, sample))
            with path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise DataError(
                f"cannot read {root / sample.path}: {error.strerror}", hint="check the disk"
            ) from error


def hash_frames(frames: Iterable[Path]) -> str:
    """Of the names and bytes of all frames, in this order."""
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(os.fsencode(frame.name) + b"\0")
        digest.update(frame.read_bytes())
    return digest.hexdigest()
