"""The exception tree. Everything Unmask raises on purpose is an :class:`UnmaskError`.

UnmaskError
├── InputError              the file given cannot be analysed
│   ├── InputNotFound         not-found
│   ├── InputNotReadable      not-readable     (permissions, not a regular file, a failing disk)
│   ├── InputEmpty            empty
│   ├── NotMedia              not-media        (no decoder recognises it)
│   ├── NoPicture             no-picture       (sound only, or a picture stream without a codec)
│   ├── Damaged               damaged          (recognised, but not one frame could be decoded)
│   ├── TooLarge              too-large        (a frame beyond what we decode in bounded memory)
│   └── NotInFile             not-in-file      (the part asked for lies beyond the film's end)
├── TimeBudgetExceeded      timeout
├── ModelError              a model package is absent, altered or of another kind
│   ├── ModelNotFound         model-not-found
│   ├── ModelAltered          model-altered    (a hash does not match)
│   └── ModelInvalid          model-invalid
├── RuntimeUnavailable      runtime-unavailable (device or inference runtime absent)
├── MissingExtra            missing-extra
├── StoreError              store
│   ├── StoreBusy             store            (another process keeps the database locked)
│   └── DiskFull              disk-full        (no room left for what is to be kept)
├── DataError               data             (a data set, index or recipe is wrong)
└── UsageError              usage
"""

from __future__ import annotations

from typing import ClassVar


class UnmaskError(Exception):
    """A failure with a stable ``code``, a sentence that names the cause, and a way out.

    ``str(error)`` is the message; ``error.hint`` says what the person can do next ("" if nothing).
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def as_dict(self) -> dict[str, str]:
        """The ``error`` object of ``unmask.scan/1``."""
        return {"code": self.code, "message": self.message, "hint": self.hint}

    def __reduce__(self) -> tuple[object, ...]:  # keyword-only hint must survive a process border
        return (_rebuild, (type(self), self.message, self.hint))


def _rebuild(kind: type[UnmaskError], message: str, hint: str) -> UnmaskError:
    return kind(message, hint=hint)


class InputError(UnmaskError):
    """The input cannot be analysed."""

    code = "input"


class InputNotFound(InputError):
    """No such file."""

    code = "not-found"


class InputNotReadable(InputError):
    """The file exists and cannot be read: permissions, a device, a failing disk."""

    code = "not-readable"


class InputEmpty(InputError):
    """Zero bytes, or a folder or list with nothing in it."""

    code = "empty"


class NotMedia(InputError):
    """No decoder recognises the bytes."""

    code = "not-media"


class NoPicture(InputError):
    """A media file without a picture stream (sound only)."""

    code = "no-picture"


class Damaged(InputError):
    """A recognised media file of which not one frame could be decoded."""

    code = "damaged"


class TooLarge(InputError):
    """A frame beyond what is decoded in bounded memory."""

    code = "too-large"


class NotInFile(InputError):
    """The film ends before the part of it that was asked for."""

    code = "not-in-file"


class TimeBudgetExceeded(UnmaskError):
    """The per-file time budget ran out."""

    code = "timeout"


class ModelError(UnmaskError):
    """Something is wrong with a model package."""

    code = "model"


class ModelNotFound(ModelError):
    """No model package of that name or at that path."""

    code = "model-not-found"


class ModelAltered(ModelError):
    """A file of the package does not match the hash its manifest states."""

    code = "model-altered"


class ModelInvalid(ModelError):
    """The package's manifest or graphs are not what this version understands."""

    code = "model-invalid"


class RuntimeUnavailable(UnmaskError):
    """The requested device or inference runtime is not present."""

    code = "runtime-unavailable"


class MissingExtra(UnmaskError):
    """An optional dependency is not installed; the message names the extra that brings it."""

    code = "missing-extra"

    @classmethod
    def named(cls, extra: str, purpose: str) -> MissingExtra:
        """One line: what for, and the command that installs it."""
        return cls(
            f"{purpose} needs the extra '{extra}', which is not installed",
            hint=f'pip install "unmask[{extra}]"',  # cmd.exe knows no other quotes
        )


class StoreError(UnmaskError):
    """The history database cannot be opened, read or written."""

    code = "store"


class StoreBusy(StoreError):
    """Another process keeps the history locked, for now."""


class DiskFull(StoreError):
    """There is no room left on the disk of the history or the data folder."""

    code = "disk-full"


class DataError(UnmaskError):
    """A data set, an index, a shard or a recipe is not as it should be."""

    code = "data"


class UsageError(UnmaskError):
    """Options that contradict each other or lie outside their range."""

    code = "usage"


NO_FILES_FAULT = (ModelError, RuntimeUnavailable, MissingExtra, UsageError)
"""What would befall every other file too."""
