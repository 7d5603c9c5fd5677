"""The key that signs cookies: made on first run, kept in the data folder, readable by its owner."""

from __future__ import annotations

import secrets
from pathlib import Path

from unmask.core.errors import StoreError
from unmask.jobs.keys import kept_secret

_BYTES = 32


def secret_key(folder: Path) -> bytes:
    """The key of this data folder, 32 random bytes in a file of mode 600.

    Raises :class:`StoreError` where it cannot be read or made.
    """
    path = folder / "web.key"
    key = kept_secret(path, lambda: secrets.token_bytes(_BYTES))
    if len(key) < _BYTES:
        raise StoreError(f"the key {path} is too short", hint="delete it; a new one is made")
    return key
