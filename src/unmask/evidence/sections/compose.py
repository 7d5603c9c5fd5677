"""The order of a report."""

from __future__ import annotations

from unmask.core.language import _
from unmask.core.version import __version__
from unmask.evidence.document import Document, Section
from unmask.evidence.format import moment
from unmask.evidence.report import Report
from unmask.evidence.sections.faces import face_sections, key_frame_section, timeline_section
from unmask.evidence.sections.file import file_section, sampling_section
from unmask.evidence.sections.model import custody_section, limitation_section, model_section
from unmask.evidence.sections.origin import origin_section
from unmask.evidence.sections.verdict import verdict_section, weight_section


def compose(report: Report) -> Document:
    """The report's text and pictures, not yet laid out."""
    media = report.analysis.media
    sections: list[Section | None] = [
        verdict_section(report),
        weight_section(report),
        file_section(report),
        sampling_section(report),
        timeline_section(report),
        key_frame_section(report),
        *face_sections(report),
        origin_section(report),
        model_section(report),
        limitation_section(report),
        custody_section(report),
    ]
    return Document(
        title=_("Report on %(name)s", name=media.name),
        subtitle=_(
            "Written by Unmask %(version)s on %(when)s",
            version=__version__,
            when=moment(report.created_at),
        ),
        sections=tuple(section for section in sections if section is not None),
        footer=f"SHA-256 {media.sha256}",
    )
