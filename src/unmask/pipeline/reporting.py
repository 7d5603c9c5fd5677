"""Puts a report together: the one place that joins the verdict's words to the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

from unmask.core.analysis import Analysis
from unmask.core.errors import TimeBudgetExceeded
from unmask.core.language import _, spoken
from unmask.evidence import CustodyEvent, Pictures, Provenance, Report
from unmask.pipeline.analyser import Analyser
from unmask.pipeline.illustrating import illustrate
from unmask.pipeline.origin import read_provenance
from unmask.verdict import REASONS


def report_of(
    analysis: Analysis,
    *,
    source: str | PathLike[str] | None,
    analyser: Analyser | None = None,
    custody: Sequence[CustodyEvent] = (),
    id: str = "",
    timeout: float | None = None,
    language: str = "en",
) -> Report:
    """Everything that a report shows; give it to ``html_report`` or ``pdf_report``.

    ``source`` is the file that was analysed, under whatever name, None where it is gone: it is read
    again for pictures and provenance, and what cannot be had is said in the report. ``analyser``
    with the model that scored gives heat maps and the model card; one of another is not used.
    ``language`` is one of :data:`unmask.core.language.LANGUAGES`.
    """
    package = None if analyser is None else analyser.package
    if package is not None and package.reference().sha256 != analysis.model.sha256:
        package = None
    with spoken(language):
        pictures = _pictures(source, analysis, analyser, timeout)
    return Report(
        analysis=analysis,
        sentences=REASONS,
        manifest=None if package is None else package.manifest,
        pictures=pictures,
        provenance=None if source is None else provenance_of(source, analysis),
        custody=tuple(custody),
        id=id,
        language=language,
    )


def _pictures(
    source: str | PathLike[str] | None,
    analysis: Analysis,
    analyser: Analyser | None,
    timeout: float | None,
) -> Pictures:
    if source is not None:
        return illustrate(source, analysis, analyser, timeout=timeout)
    return Pictures.none(_("No pictures: the file is not there any more, and none were kept."))


def provenance_of(
    source: str | PathLike[str], analysis: Analysis, *, timeout: float | None = None
) -> Provenance | None:
    """What the file says of itself, or None where it is another file by now, or cannot be read."""
    try:
        provenance = read_provenance(source, timeout=timeout)
    except (OSError, TimeBudgetExceeded):
        return None
    return provenance if provenance.sha256 == analysis.media.sha256 else None
