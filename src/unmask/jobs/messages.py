"""What a child is told and what it says: JSON, one line each, on its standard streams."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from unmask.core.analysis import Record
from unmask.core.scan import Failure
from unmask.jobs.options import JobOptions


class Order(Record):
    """Analyse the file at ``path``, call it ``name``, write the pictures into ``folder``.

    It is to have the bytes that were received, those of ``sha256``.

    ``preview`` wants a preview there too, if browsers do not play the file.
    """

    path: str
    sha256: str
    name: str
    folder: str
    model_sha256: str
    options: JobOptions
    preview: bool = False


class Working(Record):
    """``done`` of ``total`` units of ``stage``."""

    kind: Literal["working"] = "working"
    stage: str
    done: int
    total: int


class Finished(Record):
    """The ``unmask.analysis/1`` document."""

    kind: Literal["finished"] = "finished"
    document: str


class Failed(Record):
    """Why there is none."""

    kind: Literal["failed"] = "failed"
    error: Failure


Said = Working | Finished | Failed
SAID: TypeAdapter[Said] = TypeAdapter(Annotated[Said, Field(discriminator="kind")])
