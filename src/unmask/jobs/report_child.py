"""One report in a process of its own (:mod:`unmask.jobs.errand`): its pictures are read again."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from unmask.core.analysis import Analysis, Record
from unmask.evidence import CustodyEvent, html_report, pdf_report
from unmask.jobs.errand import carry_out
from unmask.pipeline import Analyser
from unmask.pipeline.reporting import report_of

_PICTURES_S = 60.0


class ReportOrder(Record):
    """Which report. ``source`` None where the file is gone; ``model`` where the package is."""

    kind: Literal["html", "pdf"]
    document: str
    id: str
    source: str | None
    model: str | None
    custody: tuple[CustodyEvent, ...]
    language: str
    target: str


def _write(order: ReportOrder) -> None:
    report = report_of(
        Analysis.from_json(order.document),
        source=None if order.source is None else Path(order.source),
        analyser=None if order.model is None else Analyser(order.model),
        custody=order.custody,
        id=order.id,
        timeout=_PICTURES_S,
        language=order.language,
    )
    made = pdf_report(report) if order.kind == "pdf" else html_report(report).encode()
    Path(order.target).write_bytes(made)


if __name__ == "__main__":
    carry_out(ReportOrder, _write)
