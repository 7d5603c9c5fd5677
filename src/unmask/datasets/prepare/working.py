"""One unit of work, wherever it runs: a process here, a task on a cluster."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import parent_process
from pathlib import Path

import cv2

from unmask.core.errors import UnmaskError
from unmask.datasets.archives import DISK_FULL
from unmask.datasets.opening import forget_archive
from unmask.datasets.prepare.cutting import cut_sample, members
from unmask.datasets.prepare.plan import Unit
from unmask.datasets.prepare.shards import Shard, write_record, write_tar
from unmask.datasets.report import Fault
from unmask.faces import FaceDetector
from unmask.runtime import SessionOptions


@dataclass(slots=True)
class _Tally:
    clips: int = 0
    crops: int = 0
    faceless: list[str] = field(default_factory=list)
    failed: list[Fault] = field(default_factory=list)


def make_shard(unit: Unit, out: Path) -> Shard:
    """Write ``<name>.tar`` and then ``<name>.json`` beside it, which says that it is finished.

    A sample that cannot be read is listed and does not stop the others. :class:`DataError` when
    the shard cannot be written.
    """
    tally = _Tally()
    size, sha256 = write_tar(out / f"{unit.name}.tar", _members(unit, tally))
    shard = Shard(
        name=unit.name,
        fingerprint=unit.fingerprint,
        bytes=size,
        sha256=sha256,
        samples=len(unit.samples),
        clips=tally.clips,
        crops=tally.crops,
        faceless=tuple(tally.faceless),
        failed=tuple(tally.failed),
    )
    write_record(out / f"{unit.name}.json", shard)
    return shard


def _members(unit: Unit, tally: _Tally) -> Iterator[tuple[str, bytes]]:
    detector = _detector(unit.options.min_face)
    for number, sample in unit.samples:
        try:
            clips = cut_sample(unit.root, sample, unit.options, detector)
        except Exception as error:
            if isinstance(error, OSError) and error.errno in DISK_FULL:
                raise
            tally.failed.append(_fault(sample.path, error))
            continue
        if not clips:
            tally.faceless.append(sample.path)
        tally.clips += len(clips)
        tally.crops += sum(len(clip.crops) for clip in clips)
        yield from members(number, clips, unit.options)


def _fault(path: str, error: Exception) -> Fault:
    if isinstance(error, UnmaskError):
        return Fault(path=path, code=error.code, message=error.message)
    return Fault(path=path, code="internal", message=f"{type(error).__name__}: {error}")


@lru_cache(maxsize=1)
def _detector(min_face: int) -> FaceDetector:
    """One thread and f32: shards are the same for any number of workers and any CPU's bf16."""
    options = SessionOptions(device="cpu", precision="f32", threads=1)
    return FaceDetector(options, min_face=min_face)


def begin_worker() -> None:
    """Run first in a worker: one core each, and an end when the process that asked is killed."""
    cv2.setNumThreads(1)
    parent = parent_process()
    if parent is None:
        return

    def follow() -> None:
        parent.join()
        forget_archive()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
