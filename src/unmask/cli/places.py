"""Where a command writes: never two things into one file, never in place of what it reads."""

from __future__ import annotations

import os
import stat
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path

from unmask.cli.files import STDOUT
from unmask.core.errors import UsageError
from unmask.core.files import expanded


def check_distinct(places: Mapping[str, str | None]) -> None:
    """:class:`UsageError` where two of the options, each with its place, name the same one."""
    taken: dict[Hashable, str] = {}
    for option, place in places.items():
        identity = None if place is None else _identity(place)
        if identity is None:
            continue
        other = taken.setdefault(identity, option)
        if other == option:
            continue
        if place == STDOUT:
            raise UsageError(f"{other} - and {option} - cannot share standard output")
        raise UsageError(
            f"{option} {place}: {other} names the same file", hint="name another for one of them"
        )


def check_not_read(places: Mapping[str, str | None], inputs: Iterable[Path]) -> None:
    """:class:`UsageError` where an option would write in place of one of the inputs."""
    wanted = {
        identity: (option, place)
        for option, place in places.items()
        if place is not None and isinstance(identity := _identity(place), tuple)
    }
    if not wanted:  # nothing that is there will be replaced
        return
    for path in inputs:
        try:
            found = wanted.get(_file(path.stat()))
        except (OSError, ValueError):
            continue
        if found is not None:
            option, place = found
            raise UsageError(
                f"{option} {place}: is an input, {path}, which would be lost",
                hint="name another file",
            )


def _identity(place: str) -> Hashable:
    """Equal for names of the same file; None for a device, which two may well write to."""
    if place == STDOUT:
        return place
    path = expanded(place)
    try:
        status = path.stat()
    except OSError:
        return os.path.realpath(path)
    return None if stat.S_ISCHR(status.st_mode) else _file(status)


def _file(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
