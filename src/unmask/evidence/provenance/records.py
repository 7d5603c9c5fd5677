"""What a file says of its own origin, ``unmask.provenance/1``. It never touches a score."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from unmask.core.analysis import Document, Record

PROVENANCE_SCHEMA: Literal["unmask.provenance/1"] = "unmask.provenance/1"

Signature = Literal["trusted", "valid", "invalid"]
State = Literal["found", "none", "unreadable", "elsewhere", "not-read"]


class Step(Record):
    """One thing a credential says was done, in the words of the C2PA specification."""

    action: str = Field(description="such as c2pa.created or c2pa.edited")
    software: str = Field(default="", description="what did it, where stated")
    source_type: str = Field(default="", description="IPTC digital source type, last part")
    when: str = ""


class Credential(Record):
    """The active manifest of a file's Content Credentials."""

    title: str
    generator: str = Field(description="the software that wrote the claim")
    signer: str = Field(description="common name and organisation in the certificate")
    signed_at: str = Field(description="as the credential states it, or empty")
    signature: Signature = Field(
        description="valid: the file is as it was signed, by a signer nobody vouched for here; "
        "trusted: and its certificate is on a trust list; invalid: it does not match"
    )
    problems: tuple[str, ...] = Field(description="status codes of failed checks")
    steps: tuple[Step, ...]
    ingredients: tuple[str, ...] = Field(description="titles of what it was made from")
    claims_ai: bool = Field(description="the credential itself says a generative model made it")


class ContentCredentials(Record):
    """Whether there are Content Credentials, and what they say.

    ``found``: ``credential`` has them. ``none``: looked, there are none. ``unreadable``: there is
    something, but it cannot be read. ``elsewhere``: only the address of credentials on the network,
    which is not followed. ``not-read``: nobody looked; ``note`` says why.
    """

    state: State
    credential: Credential | None = None
    note: str = ""


class Tag(Record):
    """One entry of the file's metadata: where it stands, its name there, its value as text."""

    place: str = Field(description="container, video stream, audio stream, EXIF, XMP, PNG text")
    name: str
    value: str


class Provenance(Document):
    """What the file carries about where it comes from. Anybody can write such data."""

    schema_id: Literal["unmask.provenance/1"] = Field(default=PROVENANCE_SCHEMA, alias="schema")
    unmask: str = Field(description="version of Unmask that read it")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="of the file read")
    credentials: ContentCredentials
    created: str = Field(description="creation time as the file states it, or empty")
    encoder: str = Field(description="software that encoded it, or empty")
    software: str = Field(description="editing or writing software, or empty")
    camera: str = Field(description="make and model, or empty")
    has_location: bool = Field(description="whether a place is stored; never which")
    tags: tuple[Tag, ...] = Field(description="all of it, without places and serial numbers")
