"""Shards on disk: written whole or not at all, the same bytes for the same work."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from unmask.core.analysis import Document
from unmask.core.errors import DataError
from unmask.core.files import whole
from unmask.datasets.archives import DISK_FULL
from unmask.datasets.report import Fault
from unmask.runtime import file_sha256


class Shard(Document):
    """What is said beside a finished shard, in the JSON of its name."""

    schema_id: Literal["unmask.shard/1"] = Field(default="unmask.shard/1", alias="schema")
    name: str
    fingerprint: str = Field(description="of the index, the options and the files it was made of")
    bytes: int = Field(ge=0)
    sha256: str
    samples: int = Field(ge=0)
    clips: int = Field(ge=0)
    crops: int = Field(ge=0)
    faceless: tuple[str, ...] = Field(description="paths in which no face was found")
    failed: tuple[Fault, ...]


def write_tar(path: Path, members: Iterable[tuple[str, bytes]]) -> tuple[int, str]:
    """Write a tar and return its size and SHA-256. Its headers hold no time and no owner.

    :class:`DataError` when the disk is full or refuses; nothing is left behind then.
    """
    try:
        with whole(path, alone=True) as part:
            with part.open("wb") as stream:
                with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar:
                    for name, data in members:
                        header = tarfile.TarInfo(name)
                        header.size, header.mode = len(data), 0o644
                        tar.addfile(header, io.BytesIO(data))
                stream.flush()
                os.fsync(stream.fileno())
            return part.stat().st_size, file_sha256(part)
    except OSError as error:
        raise refused(path, error) from error


def write_record(path: Path, record: Document) -> None:
    """Write a JSON document, whole or not at all. Raises like :func:`write_tar`."""
    try:
        with whole(path, alone=True) as part:
            part.write_text(record.to_json(indent=1) + "\n", "utf-8")
    except OSError as error:
        raise refused(path, error) from error


def finished(out: Path, name: str, fingerprint: str) -> Shard | None:
    """The shard of that name if it is there, whole, and nothing in it failed.

    :class:`DataError` if it is of other files than these: those of another data set, say.
    """
    tar, beside = out / f"{name}.tar", out / f"{name}.json"
    try:
        shard = Shard.model_validate_json(beside.read_bytes())
        complete = tar.stat().st_size == shard.bytes
    except (OSError, ValidationError):
        return None  # absent or cut short: made again
    if not complete or shard.failed:  # what could not be read may have been repaired
        return None
    if shard.fingerprint != fingerprint:
        raise DataError(
            f"{tar} was made of files that are not those of the index now, or have changed since",
            hint=f"choose another folder with --out, or delete {beside} to make that shard anew",
        )
    return shard


def refused(path: Path, error: OSError) -> DataError:
    """Why a file could not be written."""
    if error.errno in DISK_FULL:
        return DataError(
            f"the disk is full: {path} could not be written",
            hint="free space and run the same command again; finished shards are kept",
        )
    return DataError(
        f"cannot write {path}: {error.strerror or error}",
        hint="see that the folder exists and may be written to, then run the same command again",
    )
