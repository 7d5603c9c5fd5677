"""Checkpoints: whole or absent, of tensors and plain values only, and of one recipe and data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from unmask.core.errors import DataError
from unmask.training.faults import writing

SEAL = "seal"  # what a fit was begun with, as JSON


def write_checkpoint(state: Mapping[str, Any], seal: Mapping[str, Any], path: Path) -> None:
    """Write beside ``path`` and rename. :class:`DataError` when the disk refuses."""
    partial = path.with_name(f"{path.name}.partial")
    with writing(path):
        try:
            with partial.open("wb") as stream:
                torch.save({**state, SEAL: json.dumps(seal, sort_keys=True)}, stream)
            partial.replace(path)
        except RuntimeError as error:
            # torch's archive writer, which loses the errno: the stream's own state tells.
            partial.unlink(missing_ok=True)
            if "PytorchStreamWriter" in str(error) or "unexpected pos" in str(error):
                raise OSError(str(error)) from error
            raise
        except OSError:
            partial.unlink(missing_ok=True)
            raise


def read_checkpoint(path: Path, seal: Mapping[str, Any]) -> dict[str, Any]:
    """Read a checkpoint that was begun with ``seal``; nothing in the file is executed.

    :class:`DataError` names what is different now, or says that the file is no checkpoint.
    """
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # torch raises pickle's, zipfile's and its own classes
        raise DataError(
            f"{path} is not a checkpoint: {error}", hint="begin this stage again with --fresh"
        ) from error
    if SEAL in state:
        _compare(json.loads(state[SEAL]), json.loads(json.dumps(seal)), path)
    return state


def _compare(then: dict[str, Any], now: dict[str, Any], path: Path) -> None:
    before, after = _flat(then), _flat(now)
    changed = [
        f"{name} was {before.get(name)}, is {after.get(name)}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    if changed:
        raise DataError(
            f"{path} was begun with another recipe or other data: {'; '.join(changed[:4])}",
            hint="restore it, begin again with --fresh, or use another --work folder",
        )


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Nested objects as ``frame.kinds.swap``."""
    if not isinstance(value, dict):
        return {name: value}
    found: dict[str, Any] = {}
    for key, inner in value.items():
        found |= _flat(inner, f"{name}.{key}" if name else str(key))
    return found
