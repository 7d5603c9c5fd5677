"""The key that signs cookies: made on first run, kept in the data folder, readable by its owner."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from unmask.core.errors import StoreError

_BYTES = 32


def secret_key(folder: Path) -> bytes:
    """The key of this data folder, 32 random bytes in a file of mode 600.

    Raises :class:`StoreError` where it cannot be read or made.
    """
    path = folder / "web.key"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
        path.chmod(0o600)
        key = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"the key {path} cannot be used: {error.strerror or error}",
            hint="set UNMASK_DATA to a folder you can write to",
        ) from error
    if len(key) < _BYTES:
        raise StoreError(f"the key {path} is too short", hint="delete it; a new one is made")
    return key


def _make(path: Path) -> None:
    """Written whole under another name, then linked: two first starts agree on one key."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
