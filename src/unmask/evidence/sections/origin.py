"""What the file says of its own origin."""

from __future__ import annotations

from collections.abc import Iterator

from unmask.core.language import _
from unmask.core.said import told
from unmask.evidence.document import Block, Bullets, Facts, Paragraph, Section, Table
from unmask.evidence.provenance import ContentCredentials, Credential, Provenance
from unmask.evidence.report import Report
from unmask.evidence.text import shortened

_TAGS = 60


def origin_section(report: Report) -> Section:
    """Content Credentials and metadata, plainly also where there are none."""
    provenance = report.provenance
    if provenance is None:
        text = _("Content Credentials and metadata were not read for this report.")
        return Section(_("Provenance"), (Paragraph(text),))
    return Section(_("Provenance"), tuple(_blocks(provenance)))


def _blocks(provenance: Provenance) -> Iterator[Block]:
    yield Paragraph(
        _(
            "This is what the file says of itself. Most of it can be written or removed by "
            "anybody, and none of it entered the score."
        )
    )
    yield from _credentials(provenance.credentials)
    stated = (
        (_("Creation time"), provenance.created),
        (_("Encoder"), provenance.encoder),
        (_("Software"), provenance.software),
        (_("Camera"), provenance.camera),
        (_("Place"), _("stored in the file, not shown here") if provenance.has_location else ""),
    )
    rows = tuple((name, shortened(value) or _("not stated")) for name, value in stated)
    yield Facts(rows)
    tags = provenance.tags
    if tags:
        caption = _("All metadata found, without places and serial numbers.")
        if len(tags) > _TAGS:
            caption += " " + _("The first %(n)s of %(all)s.", n=_TAGS, all=len(tags))
        yield Table(
            (_("Where"), _("Name"), _("Value")),
            tuple(
                (_(tag.place), shortened(tag.name, 80), shortened(tag.value))
                for tag in tags[:_TAGS]
            ),
            caption=caption,
        )


def _credentials(found: ContentCredentials) -> Iterator[Block]:
    if found.credential is not None:
        yield from _credential(found.credential)
        return
    yield Paragraph(credentials_in_words(found), strong=_("Content Credentials."))


def credentials_in_words(found: ContentCredentials) -> str:
    """Why there are none to show, in the language written in."""
    sentence = {
        "none": _("No credentials found. Most files have none: their absence says nothing."),
        "unreadable": _("There are Content Credentials, but they cannot be read."),
        "elsewhere": _(
            "The file only names a place on the network where its credentials are; it was not "
            "asked, as nothing leaves this machine."
        ),
        "not-read": _("Content Credentials were not read."),
        "found": "",
    }[found.state]
    return f"{sentence} {told(found.note)}".strip()


def _credential(one: Credential) -> Iterator[Block]:
    yield Paragraph(
        _("The file carries Content Credentials (C2PA)."), strong=_("Content Credentials.")
    )
    unstated = _("not stated")
    rows = [
        (_("Signature"), _signature(one)),
        (_("Signed by"), one.signer or unstated),
        (_("Signed at"), one.signed_at or unstated),
        (_("Written by"), one.generator or unstated),
        (_("Title"), one.title or unstated),
    ]
    if one.problems:
        rows.append((_("Failed checks"), ", ".join(one.problems)))
    if one.ingredients:
        rows.append((_("Made from"), ", ".join(one.ingredients)))
    yield Facts(tuple((name, shortened(value)) for name, value in rows))
    if one.claims_ai:
        yield Paragraph(
            _("The credential itself says that a generative model made or altered this."),
            style="warning",
        )
    if one.steps:
        yield Bullets(
            tuple(
                shortened(", ".join(filter(None, (s.action, s.software, s.source_type, s.when))))
                for s in one.steps
            )
        )


def _signature(one: Credential) -> str:
    return {
        "trusted": _("valid, by a signer on the trust list"),
        "valid": _(
            "valid: the file is as it was signed. Who stands behind the signer's name was not "
            "checked: this program carries no list of trusted signers"
        ),
        "invalid": _(
            "NOT valid: the file or the credential was changed after signing, or the signature "
            "is damaged"
        ),
    }[one.signature]
