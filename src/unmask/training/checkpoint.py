"""Checkpoints: whole or absent, of tensors and plain values only, and of one recipe and data."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from unmask.core.errors import DataError
from unmask.core.files import whole
from unmask.training.faults import writing

log = logging.getLogger(__name__)
SEAL = "seal"  # what a fit was begun with, as JSON
CONTENTS = "contents"  # in a seal: digests of the data, which those of earlier versions lack
START = "start"  # in a seal: whose weights a fit began with, which earlier versions did not say
FRESH = "begin again with --fresh"


def write_checkpoint(state: Mapping[str, Any], seal: Mapping[str, Any], path: Path) -> None:
    """Write beside ``path`` and rename. :class:`DataError` when the disk refuses."""
    with writing(path), whole(path, alone=True) as part:
        try:
            with part.open("wb") as stream:
                torch.save({**state, SEAL: json.dumps(seal, sort_keys=True)}, stream)
        except RuntimeError as error:
            # torch's archive writer, which loses the errno: the stream's own state tells.
            if "PytorchStreamWriter" in str(error) or "unexpected pos" in str(error):
                raise OSError(str(error)) from error
            raise


def read_checkpoint(path: Path, seal: Mapping[str, Any], *, again: str = FRESH) -> dict[str, Any]:
    """Read a checkpoint that was begun with ``seal``; nothing in the file is executed.

    :class:`DataError` names what is different now, or says that the file is no checkpoint;
    ``again`` is how its stage is begun again.
    """
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # torch raises pickle's, zipfile's and its own classes
        raise DataError(f"{path} is not a checkpoint: {error}", hint=again) from error
    if SEAL in state:
        _compare(json.loads(state[SEAL]), dict(seal), path, again)
    return state


def _compare(then: dict[str, Any], now: dict[str, Any], path: Path, again: str) -> None:
    if CONTENTS in now and CONTENTS not in then:
        log.warning("%s: nothing says which faces it was begun with; it is taken", path.name)
        del now[CONTENTS]
    if START in now and START not in then:
        log.warning("%s: nothing says what weights it was begun with; it is taken", path.name)
        del now[START]
    changed = differences(then, now)
    if changed:
        raise DataError(
            f"{path} was begun with another recipe or other data: {'; '.join(changed[:4])}",
            hint=f"restore it, {again}, or use another --work folder",
        )


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What is said of each value that is another one now; ``then`` has been JSON."""
    before, after = _flat(dict(then)), _flat(json.loads(json.dumps(dict(now))))
    return [
        _said(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _said(name: str, before: Any, after: Any) -> str:
    parts = name.split(".")
    if parts[0] == CONTENTS:  # digests tell nobody anything
        return f"the {' '.join(reversed(parts[1:]))} are others"
    return f"{name} was {before}, is {after}"


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Nested objects as ``frame.kinds.swap``."""
    if not isinstance(value, dict):
        return {name: value}
    found: dict[str, Any] = {}
    for key, inner in value.items():
        found |= _flat(inner, f"{name}.{key}" if name else str(key))
    return found
