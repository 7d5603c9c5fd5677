"""Secrets of a data folder: made on first use, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from unmask.core.errors import StoreError


def kept_secret(path: Path, make: Callable[[], bytes]) -> bytes:
    """What the file holds, of mode 600; where there is none, what ``make`` returns is written.

    Raises :class:`StoreError` where it cannot be read or made.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _write(path, make())
        path.chmod(0o600)
        return path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"the key {path} cannot be used: {error.strerror or error}",
            hint="set UNMASK_DATA to a folder you can write to",
        ) from error


def _write(path: Path, content: bytes) -> None:
    """Written whole under another name, then linked: two first starts agree on one key."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
