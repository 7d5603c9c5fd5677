"""Reports of finished analyses, on demand, made where a hostile file can do no harm."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

from unmask.core.analysis import Analysis
from unmask.core.errors import UnmaskError
from unmask.core.version import __version__
from unmask.evidence import CustodyEvent, document_sha256
from unmask.evidence.custody import Act
from unmask.jobs.desk import Desk
from unmask.jobs.errand import run_errand
from unmask.jobs.report_child import ReportOrder
from unmask.jobs.vault import explained
from unmask.runtime import ModelPackage
from unmask.store import Event, Stored

Format = Literal["html", "pdf"]
_CHILD = "unmask.jobs.report_child"
_TIME_S = 120.0


class ReportFailed(UnmaskError):
    """No report could be made."""

    code = "report"


def make_report(
    desk: Desk,
    stored: Stored,
    kind: Format,
    package_of: Callable[[str], ModelPackage | None],
    *,
    language: str = "en",
) -> bytes:
    """The report of an analysis, which the custody log names as exported once it is made.

    ``package_of`` finds the model package by its hash. Raises :class:`ReportFailed`,
    :class:`Crowded`, what :func:`run_errand` does, and :class:`StoreError`.
    """
    id, analysis = stored.entry.id, stored.analysis
    source = desk.vault.find(analysis.media.sha256)
    package = package_of(analysis.model.sha256)
    with (
        desk.errand(),
        desk.reports,
        explained(),
        tempfile.TemporaryDirectory(dir=desk.folders.incoming) as folder,
    ):
        target = Path(folder) / f"report.{kind}"
        export = Event(datetime.now(UTC), "exported", f"report as {kind.upper()}", __version__)
        order = ReportOrder(
            kind=kind,
            document=stored.document,
            id=id,
            source=None if source is None else str(source),
            model=None if package is None else str(package.folder),
            custody=custody_of([*desk.log.of(id), export], analysis),
            language=language,
            target=str(target),
        )
        run_errand(_CHILD, order, "report", ReportFailed, seconds=_TIME_S)
        content = target.read_bytes()
        if desk.history.several((id,)):  # else it was deleted meanwhile, and its log with it
            desk.log.add(id, export.event, export.detail, at=export.at)
        return content


def custody_of(events: list[Event], analysis: Analysis) -> tuple[CustodyEvent, ...]:
    """The log as reports show it: each line with the hash of what was handled."""
    document = document_sha256(analysis)
    return tuple(
        CustodyEvent(
            act=cast(Act, event.event),
            at=event.at,
            unmask=event.unmask,
            sha256=analysis.media.sha256 if event.event == "received" else document,
            note=event.detail,
        )
        for event in events
        if event.event in ("received", "analysed", "exported")
    )
