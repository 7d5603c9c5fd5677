"""What the API says, as records that are also its schema."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field

from unmask.core.analysis import Analysis, Label, Probability, Record, Thresholds
from unmask.core.scan import Failure
from unmask.jobs.webhooks import LONGEST_URL
from unmask.pipeline import RANGES
from unmask.store import DeliveryState, State


class Progress(Record):
    """``done`` of ``total`` units of ``stage``; ``percent`` is a guess over all stages."""

    stage: str
    done: int
    total: int
    percent: int = Field(ge=0, le=100)
    ahead: int = Field(ge=0, description="jobs that come before this one, at most")


class WebhookState(Record):
    """How telling one address goes. Its host alone: the rest may be a secret."""

    host: str
    state: DeliveryState
    attempts: int = Field(ge=0)
    problem: str = Field(description="why the latest attempt failed, or empty")


class Task(Record):
    """A submitted file: how far it is, and its result or error once it has ended."""

    id: str
    state: State
    name: str
    sha256: str
    created_at: AwareDatetime = Field(description="when it was handed in, whatever came of it")
    finished_at: AwareDatetime | None = Field(description="null until it has ended")
    progress: Progress | None = Field(description="null once the job has ended")
    result: Analysis | None = Field(description="the unmask.analysis/1 document when done")
    error: Failure | None = Field(description="why there is no result, when failed")
    webhooks: tuple[WebhookState, ...] = Field(description="who is told when it has ended")
    links: dict[str, str] = Field(description="addresses on this server, by name")


class Item(Record):
    """One analysis in a list."""

    id: str
    created_at: AwareDatetime = Field(description="when the result was recorded")
    name: str
    sha256: str
    kind: str
    label: Label
    probability: Probability | None
    model: str
    model_version: str


class ItemPage(Record):
    """One page of analyses. ``total`` counts all that the filters leave."""

    total: int
    offset: int
    items: tuple[Item, ...]
    next: str | None = Field(description="address of the next page; null on the last one")


class JobItem(Record):
    """One submission in a list. Of one that is done, the analysis has the same id."""

    id: str
    state: State
    name: str
    sha256: str
    created_at: AwareDatetime
    finished_at: AwareDatetime | None = Field(description="null until it has ended")
    error: Failure | None = Field(description="why there is no result, when failed")


class JobPage(Record):
    """One page of submissions, in the order in which they came."""

    items: tuple[JobItem, ...]
    next: str | None = Field(description="address of the next page; null on the last one")


class Cancelled(Record):
    """How many jobs were cancelled."""

    cancelled: int = Field(ge=0)


class Retried(Record):
    """How many jobs wait again."""

    retried: int = Field(ge=0)


class Resent(Record):
    """How many messages are sent again."""

    resent: int = Field(ge=0)


class ModelItem(Record):
    """A model that a submission may name."""

    name: str
    version: str
    sha256: str
    licence: str
    architecture: str
    thresholds: Thresholds
    default: bool


class Models(Record):
    """The models of this server."""

    models: tuple[ModelItem, ...]


class Problem(Record):
    """Problem details, RFC 9457, with Unmask's own ``code`` and ``hint``."""

    title: str
    status: int
    detail: str
    code: str
    hint: str = ""


def _number(name: str) -> Any:
    """An option of ``unmask scan``; left out, it is as usual."""
    low, high = RANGES[name]
    return Field(default=None, ge=low, le=high)


def _second(where: str) -> Any:
    text = f"where the part of a film {where}, in seconds, that alone is looked at"
    return Field(default=None, ge=0, description=text)


def _address(default: Any, text: str) -> Any:
    """What is no such address is refused where it is looked at, which says more than a pattern."""
    schema: dict[str, Any] = {"pattern": r"^https?://\S+$", "maxLength": LONGEST_URL}
    return Field(default=default, json_schema_extra=schema, description=text)


_WEBHOOK = "told when the analysis has ended; private addresses are refused"
_MODEL = "one of those that /api/v1/models lists"


class Link(Record):
    """A file to fetch from the web."""

    url: str = _address(..., "of a video or picture; private addresses are refused")
    model: str | None = Field(default=None, description=_MODEL)
    clips: int | None = _number("clips")
    frames_per_clip: int | None = _number("frames_per_clip")
    min_face: int | None = _number("min_face")
    max_faces: int | None = _number("max_faces")
    from_s: float | None = _second("begins")
    to_s: float | None = _second("ends")
    fresh: bool = Field(default=False, description="analyse again what is known")
    webhook: str | None = _address(None, _WEBHOOK)


class Upload(Record):
    """The fields of ``multipart/form-data``. Options left out are as usual."""

    file: str = Field(description="the file", json_schema_extra={"format": "binary"})
    model: str | None = Field(default=None, description=_MODEL)
    clips: int | None = _number("clips")
    frames_per_clip: int | None = _number("frames_per_clip")
    min_face: int | None = _number("min_face")
    max_faces: int | None = _number("max_faces")
    from_s: float | None = _second("begins")
    to_s: float | None = _second("ends")
    fresh: bool = Field(default=False, description="analyse again what is known")
    webhook: str | None = _address(None, _WEBHOOK)
