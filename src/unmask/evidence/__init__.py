"""Heat maps, reports, provenance and custody: what a verdict rests on, for people to look at.

A report of one analysis::

    report = Report(analysis, REASONS, manifest=…, pictures=…, provenance=…, custody=(…))
    html_report(report)   # str, one self-contained page; serve it under report_csp()
    pdf_report(report)    # bytes; extra "report"
    csv_frames(analysis)  # str, a row for each face in each sampled frame

``unmask.pipeline`` has ``report_of`` (puts a report together), ``illustrate`` (pictures, by reading
the file again) and ``read_provenance``.
"""

from typing import TYPE_CHECKING, Any

from unmask.evidence.collector import EvidenceCollector
from unmask.evidence.custody import CustodyEvent, analysed, document_sha256, exported, received
from unmask.evidence.folder import write_evidence
from unmask.evidence.heatmap import overlay
from unmask.evidence.likelihood import Likelihood, Reference
from unmask.evidence.pictures import (
    FACE_COLOURS,
    KeyFace,
    KeyFrame,
    Pictures,
    face_colour,
    face_dash,
    face_ink,
)
from unmask.evidence.provenance import ContentCredentials, Provenance
from unmask.evidence.records import EvidenceSink, ScoredCrop
from unmask.evidence.report import Report
from unmask.evidence.rows import FRAME_COLUMNS, csv_frames
from unmask.evidence.strip import face_strip

if TYPE_CHECKING:
    from unmask.evidence.html import html_report, report_csp
    from unmask.evidence.pdf import need_pdf, pdf_report

__all__ = [
    "FACE_COLOURS",
    "FRAME_COLUMNS",
    "ContentCredentials",
    "CustodyEvent",
    "EvidenceCollector",
    "EvidenceSink",
    "KeyFace",
    "KeyFrame",
    "Likelihood",
    "Pictures",
    "Provenance",
    "Reference",
    "Report",
    "ScoredCrop",
    "analysed",
    "csv_frames",
    "document_sha256",
    "exported",
    "face_colour",
    "face_dash",
    "face_ink",
    "face_strip",
    "html_report",
    "need_pdf",
    "overlay",
    "pdf_report",
    "received",
    "report_csp",
    "write_evidence",
]

# What writes reports is a third of the room, and most scans write none.
_WRITERS = {"html_report": "html", "report_csp": "html", "need_pdf": "pdf", "pdf_report": "pdf"}


def __getattr__(name: str) -> Any:
    if name in _WRITERS:
        from importlib import import_module

        return getattr(import_module(f"unmask.evidence.{_WRITERS[name]}"), name)
    raise AttributeError(f"module 'unmask.evidence' has no attribute {name!r}")
