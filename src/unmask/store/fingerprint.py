"""One hash over the options asked for, by which a known result is found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from unmask.core.version import JUDGING


def fingerprint(options: Mapping[str, object], *, judging: int = JUDGING) -> str:
    """SHA-256 (64 hex digits) over the options requested and the way of judging.

    ``options`` holds JSON values only (TypeError or ValueError otherwise), in any order: what the
    person asked for, such as ``device: auto``, not what it came to on this machine. ``judging`` is
    the number of the way of judging, by default this version's: other code may decode, detect or
    judge otherwise. The model and the input are no part of it:
    :meth:`unmask.store.History.find` takes their hashes beside this one.
    """
    text = json.dumps(
        {"judging": judging, "options": dict(options)},
        sort_keys=True,
        allow_nan=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()
