"""What the file says of its own origin."""

from __future__ import annotations

from collections.abc import Iterator

from unmask.evidence.document import Block, Bullets, Facts, Paragraph, Section, Table
from unmask.evidence.provenance import ContentCredentials, Credential, Provenance
from unmask.evidence.report import Report
from unmask.evidence.text import shortened

_TAGS = 60
_BESIDE = (
    "This is what the file says of itself. Most of it can be written or removed by anybody, and "
    "none of it entered the score."
)
_SIGNATURES = {
    "trusted": "valid, by a signer on the trust list",
    "valid": "valid: the file is as it was signed. Who stands behind the signer's name was not "
    "checked: this program carries no list of trusted signers",
    "invalid": "NOT valid: the file or the credential was changed after signing, or the signature "
    "is damaged",
}


def origin_section(report: Report) -> Section:
    """Content Credentials and metadata, plainly also where there are none."""
    provenance = report.provenance
    if provenance is None:
        text = "Content Credentials and metadata were not read for this report."
        return Section("Provenance", (Paragraph(text),))
    return Section("Provenance", tuple(_blocks(provenance)))


def _blocks(provenance: Provenance) -> Iterator[Block]:
    yield Paragraph(_BESIDE)
    yield from _credentials(provenance.credentials)
    stated = (
        ("Creation time", provenance.created),
        ("Encoder", provenance.encoder),
        ("Software", provenance.software),
        ("Camera", provenance.camera),
        ("Place", "stored in the file, not shown here" if provenance.has_location else ""),
    )
    rows = tuple((name, shortened(value) or "not stated") for name, value in stated)
    yield Facts(rows)
    tags = provenance.tags
    if tags:
        more = "" if len(tags) <= _TAGS else f" The first {_TAGS} of {len(tags)}."
        yield Table(
            ("Where", "Name", "Value"),
            tuple(
                (tag.place, shortened(tag.name, 80), shortened(tag.value)) for tag in tags[:_TAGS]
            ),
            caption="All metadata found, without places and serial numbers." + more,
        )


def _credentials(found: ContentCredentials) -> Iterator[Block]:
    if found.credential is not None:
        yield from _credential(found.credential)
        return
    sentence = {
        "none": "No credentials found. Most files have none: their absence says nothing.",
        "unreadable": "There are Content Credentials, but they cannot be read.",
        "elsewhere": "The file only names a place on the network where its credentials are; "
        "it was not asked, as nothing leaves this machine.",
        "not-read": "Content Credentials were not read.",
        "found": "",
    }[found.state]
    yield Paragraph(f"{sentence} {found.note}".strip(), strong="Content Credentials.")


def _credential(one: Credential) -> Iterator[Block]:
    yield Paragraph("The file carries Content Credentials (C2PA).", strong="Content Credentials.")
    rows = [
        ("Signature", _SIGNATURES[one.signature]),
        ("Signed by", one.signer or "not stated"),
        ("Signed at", one.signed_at or "not stated"),
        ("Written by", one.generator or "not stated"),
        ("Title", one.title or "not stated"),
    ]
    if one.problems:
        rows.append(("Failed checks", ", ".join(one.problems)))
    if one.ingredients:
        rows.append(("Made from", ", ".join(one.ingredients)))
    yield Facts(tuple((name, shortened(value)) for name, value in rows))
    if one.claims_ai:
        yield Paragraph(
            "The credential itself says that a generative model made or altered this.",
            style="warning",
        )
    if one.steps:
        yield Bullets(
            tuple(
                shortened(", ".join(filter(None, (s.action, s.software, s.source_type, s.when))))
                for s in one.steps
            )
        )
