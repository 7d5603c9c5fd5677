"""One report in a process of its own: the file is read again for its pictures.

    python -m unmask.jobs.report_child MEMORY CPU FILE  < order

The report goes to the file that the order names; a failure is said on standard output, exit 3.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from unmask.core.analysis import Analysis
from unmask.core.errors import UnmaskError
from unmask.core.scan import Failure
from unmask.evidence import CustodyEvent, html_report, pdf_report
from unmask.jobs.errand import FAILED
from unmask.jobs.limits import Limits
from unmask.pipeline import Analyser
from unmask.pipeline.reporting import report_of

_PICTURES_S = 60.0


class ReportOrder(BaseModel):
    """Which report. ``source`` None where the file is gone; ``model`` where the package is."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["html", "pdf"]
    document: str
    id: str
    source: str | None
    model: str | None
    custody: tuple[CustodyEvent, ...]
    language: str
    target: str


def main() -> None:
    """Read the order, write the report."""
    memory, cpu_s, file = (int(text) for text in sys.argv[1:4])
    order = ReportOrder.model_validate_json(sys.stdin.buffer.read())
    Limits(memory=memory, cpu_s=cpu_s, file=file).apply()
    try:
        Path(order.target).write_bytes(_report(order))
    except UnmaskError as error:
        print(Failure.of(error).model_dump_json())
        sys.exit(FAILED)


def _report(order: ReportOrder) -> bytes:
    report = report_of(
        Analysis.from_json(order.document),
        source=None if order.source is None else Path(order.source),
        analyser=None if order.model is None else Analyser(order.model),
        custody=order.custody,
        id=order.id,
        timeout=_PICTURES_S,
        language=order.language,
    )
    return pdf_report(report) if order.kind == "pdf" else html_report(report).encode()


if __name__ == "__main__":
    main()
