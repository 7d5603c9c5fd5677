"""What can go wrong while fitting, each said with its way out."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from unmask.core.errors import DataError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "Cannot allocate")
_DEAD_WORKER = "DataLoader worker"
_AGAIN = "the same command goes on from the last checkpoint"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a full or refusing disk into a :class:`DataError`; what was there before is still."""
    try:
        yield
    except OSError as error:
        why = "the disk is full" if error.errno in _FULL else (error.strerror or str(error))
        raise DataError(
            f"{path} could not be written: {why}", hint=f"free space or choose --work; {_AGAIN}"
        ) from error


@contextmanager
def fitting(stage: str) -> Iterator[None]:
    """Turn a lack of memory, and a data worker that died of it, into a :class:`DataError`."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise _memory(stage) from error
    except RuntimeError as error:
        text = str(error)
        if any(words in text for words in _NO_MEMORY):
            raise _memory(stage) from error
        if _DEAD_WORKER in text:
            raise DataError(
                f"{stage}: a data worker died, most likely for want of memory: {text[:200]}",
                hint=f"fewer --workers; {_AGAIN}",
            ) from error
        raise


def not_finite(stage: str, step: int, figures: dict[str, float]) -> DataError:
    """The loss is NaN or infinite; the step was not saved."""
    said = ", ".join(f"{name} {value}" for name, value in figures.items())
    return DataError(
        f"{stage}: the loss is not finite at step {step} ({said})",
        hint="lower the learning rates in the recipe, or fit with precision = 'f32', and begin "
        "again with --fresh",
    )


def _memory(stage: str) -> DataError:
    return DataError(
        f"{stage}: the memory did not suffice",
        hint=f"fewer pairs or a smaller batch in the recipe needs --fresh; or fewer --workers: "
        f"{_AGAIN}",
    )
