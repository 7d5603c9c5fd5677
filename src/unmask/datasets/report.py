"""What a check of an index found, ``unmask.check/1``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from unmask.core.analysis import Document, Record

CHECK_SCHEMA: Literal["unmask.check/1"] = "unmask.check/1"
LeakKind = Literal["hash", "source", "identity"]


class Balance(Record):
    """How many samples of each class one method of one data set has in one split."""

    dataset: str
    split: str = Field(description="train, val, test, or empty")
    method: str = Field(description="empty for what is not manipulated")
    real: int = Field(ge=0)
    manipulated: int = Field(ge=0)


class Leak(Record):
    """Something that stands in more than one split."""

    kind: LeakKind
    value: str = Field(description="the hash, the recording or the person")
    splits: dict[str, int] = Field(description="how many samples in each")
    examples: tuple[str, ...] = Field(description="a path from each split")


class Repetition(Record):
    """The same bytes under several paths; ``labels`` has both where they are labelled unlike."""

    sha256: str
    paths: tuple[str, ...]
    labels: tuple[int, ...]


class Fault(Record):
    """A file that is absent or of which nothing can be decoded."""

    path: str
    code: str
    message: str


class CheckReport(Document):
    """The whole finding. ``leaks`` and ``disagreements`` are errors, the rest is to be known."""

    schema_id: Literal["unmask.check/1"] = Field(default=CHECK_SCHEMA, alias="schema")
    samples: int = Field(ge=0)
    hashed: int = Field(ge=0, description="samples whose hash is known, and so was compared")
    without_split: int = Field(ge=0, description="samples that no leak check can speak of")
    balance: tuple[Balance, ...]
    leaks: tuple[Leak, ...]
    disagreements: tuple[Repetition, ...] = Field(description="same bytes, both labels")
    duplicates: tuple[Repetition, ...] = Field(description="same bytes and label, several paths")
    missing: tuple[Fault, ...]
    unreadable: tuple[Fault, ...]
    notes: tuple[str, ...]

    @property
    def unsound(self) -> bool:
        """Whether a result measured with these splits and labels would mislead."""
        return bool(self.leaks or self.disagreements)
