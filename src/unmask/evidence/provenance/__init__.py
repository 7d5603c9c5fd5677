"""What a file says of its own origin: Content Credentials, EXIF, XMP, container tags."""

from unmask.evidence.provenance.credentials import read_credentials
from unmask.evidence.provenance.records import (
    PROVENANCE_SCHEMA,
    ContentCredentials,
    Credential,
    Provenance,
    Tag,
)
from unmask.evidence.provenance.stated import camera, created, encoder, software

__all__ = [
    "PROVENANCE_SCHEMA",
    "ContentCredentials",
    "Credential",
    "Provenance",
    "Tag",
    "camera",
    "created",
    "encoder",
    "read_credentials",
    "software",
]
