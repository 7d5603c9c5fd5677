"""Results to take away: JSON, CSV, HTML, PDF."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from unmask.evidence import csv_frames, report_csp
from unmask.jobs.reporting import Format, make_report
from unmask.store import Stored
from unmask.web.services import services
from unmask.web.words import asked_for

downloads = Blueprint("downloads", __name__)
_TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}


@downloads.get("/analyses/<id>/result.json")
def document(id: str) -> ResponseReturnValue:
    """The ``unmask.analysis/1`` document, byte for byte as it was recorded."""
    stored = wanted(id)
    note_export(stored, "document as JSON")
    return attachment(stored.document.encode(), "application/json", stored, "json")


@downloads.get("/analyses/<id>/frames.csv")
def frames(id: str) -> ResponseReturnValue:
    """A row for each face in each sampled frame."""
    return frames_answer(wanted(id))


@downloads.get("/analyses/<id>/report.html")
def html(id: str) -> ResponseReturnValue:
    """The self-contained report."""
    return report_answer(wanted(id), "html", asked_for())


@downloads.get("/analyses/<id>/report.pdf")
def pdf(id: str) -> ResponseReturnValue:
    """The report as PDF."""
    return report_answer(wanted(id), "pdf", asked_for())


def wanted(id: str) -> Stored:
    """The analysis with this id, or 404."""
    stored = services().history.get(id)
    if stored is None:
        abort(404, "There is no analysis with this number.")
    return stored


def frames_answer(stored: Stored) -> Response:
    """Times, boxes and scores as CSV."""
    note_export(stored, "frames as CSV")
    return attachment(csv_frames(stored.analysis).encode(), "text/csv", stored, "csv")


def note_export(stored: Stored, what: str) -> None:
    """Have the custody log name it, as it names reports."""
    services().desk.log.add(stored.entry.id, "exported", what)


def report_answer(stored: Stored, kind: Format, language: str) -> Response:
    """A report, made in a child, under a policy that lets it carry its style and nothing else."""
    content = make_report(services().desk, stored, kind, services().package_of, language=language)
    answer = attachment(content, _TYPES[kind], stored, kind)
    answer.headers["Content-Language"] = language
    answer.headers["Content-Security-Policy"] = report_csp()
    return answer


def attachment(content: bytes, kind: str, stored: Stored, suffix: str) -> Response:
    """Something to save, named after the file; ``?show=1`` has the browser show it instead."""
    how = "inline" if request.args.get("show") == "1" else "attachment"
    stem = stored.entry.name.rsplit(".", 1)[0][:80]
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.") or "file"
    name = (
        f"filename=\"unmask-{plain}.{suffix}\"; filename*=UTF-8''{quote(f'unmask-{stem}')}.{suffix}"
    )
    headers = {"Content-Disposition": f"{how}; {name}"}
    return Response(content, content_type=kind, headers=headers)
