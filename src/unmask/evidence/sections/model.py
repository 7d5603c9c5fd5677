"""The model that scored, the limits of the result, and the log."""

from __future__ import annotations

from collections.abc import Iterator

from unmask.evidence.document import Block, Bullets, Facts, Paragraph, Section, Table
from unmask.evidence.report import Report
from unmask.evidence.sections.format import moment
from unmask.evidence.sections.measured import measured
from unmask.evidence.words import LIMITATIONS
from unmask.runtime.package import Manifest

_ACTS = {"received": "Received", "analysed": "Analysed", "exported": "Exported"}


def model_section(report: Report) -> Section:
    """The package's name and hash, and what its manifest says of it."""
    analysis, manifest = report.analysis, report.manifest
    rows = [
        ("Model", f"{analysis.model.name} {analysis.model.version}"),
        ("Model, SHA-256", analysis.model.sha256),
        ("Unmask", analysis.unmask),
    ]
    exact = frozenset({"Model, SHA-256"})
    if manifest is None:
        text = "The model package is not installed here any more, so its card cannot be summed up."
        return Section("Model", (Facts(tuple(rows), exact), Paragraph(text)))
    rows += [
        ("Architecture", manifest.architecture),
        ("Licence", manifest.licence),
        ("Input", f"{manifest.crop.size} × {manifest.crop.size} pixels of a face"),
        (
            "Temporal network",
            f"fitted on {manifest.clip.frames} frames, {manifest.clip.step_s:g} s apart",
        ),
    ]
    return Section("Model", (Facts(tuple(rows), exact), *_card(manifest)))


def _card(manifest: Manifest) -> Iterator[Block]:
    data = manifest.training.data
    if data:
        yield Table(
            ("Training data", "Licence", "Amount"),
            tuple((one.name, one.licence, f"{one.count:,} {one.unit}") for one in data),
            frozenset({2}),
            caption="What the network was fitted on.",
        )
    else:
        yield Paragraph("The package does not say what the network was fitted on.")
    yield from measured(manifest.metrics)


def limitation_section() -> Section:
    """What the result cannot say."""
    return Section("Limitations", (Bullets(LIMITATIONS),))


def custody_section(report: Report) -> Section:
    """Who held what when; and how to check it."""
    rows = tuple(
        (moment(event.at), _ACTS[event.act], event.unmask, event.sha256, event.note)
        for event in report.custody
    )
    blocks: list[Block] = []
    if rows:
        blocks.append(
            Table(
                ("When", "What", "Unmask", "SHA-256 of the file or document", "How"),
                rows,
                caption="“Received” hashes the file, the others the analysis document.",
            )
        )
    else:
        blocks.append(Paragraph("No log was kept for this analysis."))
    blocks.append(
        Paragraph(
            "To check this report: hash the file with any tool and compare; scan it again with the "
            "same version, model and options, which gives the same scores; hash the analysis "
            "document in the form in which Unmask records it and compare. The times are those of "
            "the clock of the machine that ran Unmask.",
            style="small",
        )
    )
    return Section("Custody log", tuple(blocks))
