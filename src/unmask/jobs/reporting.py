"""Reports of finished analyses, on demand, made where a hostile file can do no harm."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal, cast

from pydantic import ValidationError

from unmask.core.analysis import Analysis
from unmask.core.errors import UnmaskError
from unmask.core.scan import Failure
from unmask.evidence import CustodyEvent, document_sha256
from unmask.evidence.custody import Act
from unmask.jobs.desk import Desk
from unmask.jobs.limits import Limits
from unmask.jobs.report_child import FAILED, ReportOrder
from unmask.runtime import ModelPackage
from unmask.store import Event, Stored

Format = Literal["html", "pdf"]
_TIME_S = 120.0


class ReportFailed(UnmaskError):
    """No report could be made."""

    code = "report"


def make_report(
    desk: Desk, stored: Stored, kind: Format, package_of: Callable[[str], ModelPackage | None]
) -> bytes:
    """The report of an analysis, which the custody log names as exported.

    ``package_of`` finds the model package by its hash. Raises :class:`ReportFailed`.
    """
    analysis = stored.analysis
    source = desk.vault.find(analysis.media.sha256)
    package = package_of(analysis.model.sha256)
    with desk.reports, tempfile.TemporaryDirectory(dir=desk.folders.incoming) as folder:
        target = Path(folder) / f"report.{kind}"
        desk.log.add(stored.entry.id, "exported", f"report as {kind.upper()}")
        order = ReportOrder(
            kind=kind,
            document=stored.document,
            id=stored.entry.id,
            source=None if source is None else str(source),
            model=None if package is None else str(package.folder),
            custody=custody_of(desk.log.of(stored.entry.id), analysis),
            target=str(target),
        )
        _make(order, Limits.from_environment())
        return target.read_bytes()


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


def _make(order: ReportOrder, limits: Limits) -> None:
    numbers = map(str, (limits.memory, limits.cpu_s, limits.file))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "unmask.jobs.report_child", *numbers],
            input=order.model_dump_json().encode(),
            capture_output=True,
            timeout=_TIME_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ReportFailed(f"the report took longer than {_TIME_S:g} s") from error
    if done.returncode == FAILED:
        raise _told(done.stdout)
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise ReportFailed(f"the report could not be made: {' '.join(last)[:300]}")


def _told(said: bytes) -> ReportFailed:
    try:
        failure = Failure.model_validate_json(said)
    except ValidationError:
        return ReportFailed("the report could not be made")
    return ReportFailed(failure.message, hint=failure.hint)
