"""The words data sets use for labels and splits, read once and in one place."""

from __future__ import annotations

from unmask.datasets.sample import MANIPULATED, REAL, Split

_REAL = frozenset({"real", "reals", "authentic", "original", "originals", "genuine", "pristine"})
_FAKE = frozenset({"fake", "fakes", "manipulated", "deepfake", "deepfakes", "forged", "forgery"})
_SPLITS: dict[str, Split] = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip


def label_of(word: str) -> int | None:
    """0 for a word for the untouched, 1 for one for the manipulated, else None. Any case."""
    folded = word.strip().casefold()
    if folded in _REAL:
        return REAL
    return MANIPULATED if folded in _FAKE else None


def split_of(word: str) -> Split:
    """``train``, ``val`` or ``test`` for any usual spelling, else empty."""
    return _SPLITS.get(word.strip().casefold(), "")


def called(label: int) -> str:
    """A label in words, for messages."""
    return "manipulated" if label == MANIPULATED else "real"
