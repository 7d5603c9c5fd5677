"""Puts a report together: the one place that joins the verdict's words to the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unmask.core.analysis import Analysis
from unmask.evidence import CustodyEvent, Pictures, Provenance, Report
from unmask.pipeline.analyser import Analyser
from unmask.pipeline.illustrating import illustrate
from unmask.pipeline.origin import read_provenance
from unmask.verdict import REASONS


def report_of(
    analysis: Analysis,
    *,
    source: Path | None,
    analyser: Analyser | None = None,
    custody: Sequence[CustodyEvent] = (),
    id: str = "",
    timeout: float | None = None,
) -> Report:
    """Everything that a report shows; give it to ``html_report`` or ``pdf_report``.

    ``source`` is the file that was analysed, under whatever name, None where it is gone: it is read
    again for pictures and provenance, and what cannot be had is said in the report. ``analyser``
    with the model that scored gives heat maps and the model card; one of another is not used.
    """
    package = None if analyser is None else analyser.package
    if package is not None and package.reference().sha256 != analysis.model.sha256:
        package = None
    if source is None:
        pictures = Pictures.none("No pictures: the file is not there any more, and none were kept.")
        provenance: Provenance | None = None
    else:
        pictures = illustrate(source, analysis, analyser, timeout=timeout)
        provenance = _provenance(source, analysis)
    return Report(
        analysis=analysis,
        sentences=REASONS,
        manifest=None if package is None else package.manifest,
        pictures=pictures,
        provenance=provenance,
        custody=tuple(custody),
        id=id,
    )


def _provenance(source: Path, analysis: Analysis) -> Provenance | None:
    """What the file says of itself, or None where it is another file by now."""
    try:
        provenance = read_provenance(source)
    except OSError:
        return None
    return provenance if provenance.sha256 == analysis.media.sha256 else None
