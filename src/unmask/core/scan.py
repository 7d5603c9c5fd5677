"""Several inputs in one document, ``unmask.scan/1``: each an analysis, or why there is none."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from unmask.core.analysis import SCAN_SCHEMA, Analysis, Document, Record
from unmask.core.errors import UnmaskError


class Failure(Record):
    """Why an input has no analysis. docs/cli.md lists the codes."""

    code: str
    message: str
    hint: str = Field(description="what to do about it, or empty")

    @classmethod
    def of(cls, error: UnmaskError) -> Failure:
        """What the document says of an error."""
        return cls(**error.as_dict())


class FailedInput(Record):
    """An input that could not be analysed. This is never a verdict."""

    input: str = Field(description="the path as it was given or found")
    error: Failure


class Scan(Document):
    """The results of one scan, in the order of the inputs."""

    schema_id: Literal["unmask.scan/1"] = Field(default=SCAN_SCHEMA, alias="schema")
    results: tuple[Analysis | FailedInput, ...]
