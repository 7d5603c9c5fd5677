"""Files that appear whole or not at all, and names that a file system takes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path, *, alone: bool = False) -> Iterator[Path]:
    """A place beside ``path`` to write to, which takes the place of ``path`` after the block.

    If the block fails, what was written is removed and what lay at ``path`` stays. The hidden name
    does not depend on the file's own, which may be as long as the file system takes. Where nobody
    else can be at the same file, it does with ``alone``: what a process leaves that is killed over
    it, a checkpoint say, is written over by the next.
    """
    name = f"{path.name}.partial" if alone else f".unmask-{secrets.token_hex(6)}.part"
    part = path.with_name(name)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def shortened(name: str, most: int) -> str:
    """The beginning of a file's name, at most so many bytes, without half a character at its end.

    File systems count bytes: 80 letters of some scripts are more than the 255 that a name may be.
    """
    data = os.fsencode(name)
    if len(data) <= most:
        return name
    end = most
    while end and data[end] & 0xC0 == 0x80:  # the middle of a character in UTF-8
        end -= 1
    return os.fsdecode(data[:end])


def is_folder(path: str | Path) -> bool:
    """Whether there is a folder: no where permissions or the length of the name forbid to look.

    ``Path.is_dir`` raises there, up to Python 3.13; so do its like.
    """
    return os.path.isdir(path)  # noqa: PTH112


def is_there(path: str | Path) -> bool:
    """Whether there is anything, be it a link to nothing; as :func:`is_folder`."""
    return os.path.lexists(path)


def expanded(place: str | Path) -> Path:
    """The path with ``~`` as the home folder, as it stands where nobody has that name."""
    return Path(os.path.expanduser(place))  # noqa: PTH111
