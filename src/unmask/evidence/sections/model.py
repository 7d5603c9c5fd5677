"""The model that scored, the limits of the result, and the log."""

from __future__ import annotations

from collections.abc import Iterator

from unmask.core.language import _
from unmask.core.said import told
from unmask.evidence.document import Block, Bullets, Facts, Paragraph, Section, Table
from unmask.evidence.format import limit, moment, whole
from unmask.evidence.report import Report
from unmask.evidence.sections.measured import measured
from unmask.evidence.words import limitations
from unmask.runtime.package import Manifest


def model_section(report: Report) -> Section:
    """The package's name and hash, and what its manifest says of it."""
    analysis, manifest = report.analysis, report.manifest
    hash = _("Model, SHA-256")
    rows = [
        (_("Model"), f"{analysis.model.name} {analysis.model.version}"),
        (hash, analysis.model.sha256),
        ("Unmask", analysis.unmask),
        (_("Way of judging"), str(analysis.judging)),
    ]
    exact = frozenset({hash})
    if manifest is None:
        text = _(
            "The model package is not installed here any more, so its card cannot be summed up."
        )
        return Section(_("Model"), (Facts(tuple(rows), exact), Paragraph(text)))
    rows += [
        (_("Architecture"), manifest.architecture),
        (_("Licence"), manifest.licence),
        (_("Input"), _("%(n)s × %(n)s pixels of a face", n=manifest.crop.size)),
        (
            _("Temporal network"),
            _(
                "fitted on %(n)s frames, %(s)s s apart",
                n=manifest.clip.frames,
                s=limit(manifest.clip.step_s),
            ),
        ),
    ]
    return Section(_("Model"), (Facts(tuple(rows), exact), *_card(manifest)))


def _card(manifest: Manifest) -> Iterator[Block]:
    data = manifest.training.data
    if data:
        yield Table(
            (_("Training data"), _("Licence"), _("Amount")),
            tuple((one.name, one.licence, f"{whole(one.count)} {_(one.unit)}") for one in data),
            frozenset({2}),
            caption=_("What the network was fitted on."),
        )
    else:
        yield Paragraph(_("The package does not say what the network was fitted on."))
    yield from measured(manifest.metrics)


def limitation_section(report: Report) -> Section:
    """What the result cannot say."""
    return Section(_("Limitations"), (Bullets(tuple(map(_, limitations(report.analysis)))),))


def custody_section(report: Report) -> Section:
    """Who held what when; and how to check it."""
    rows = tuple(
        (moment(event.at), _capital(_(event.act)), event.unmask, event.sha256, told(event.note))
        for event in report.custody
    )
    blocks: list[Block] = []
    if rows:
        blocks.append(
            Table(
                (
                    _("When"),
                    _("What"),
                    "Unmask",
                    _("SHA-256 of the file or document"),
                    _("Note"),
                ),
                rows,
                caption=_("“Received” hashes the file, the others the analysis document."),
            )
        )
    else:
        blocks.append(Paragraph(_("No log was kept for this analysis.")))
    blocks.append(
        Paragraph(
            _(
                "To check this report: hash the file with any tool and compare; scan it again with "
                "the same version, model and options, which gives the same scores; hash the "
                "analysis document in the form in which Unmask records it and compare. The times "
                "are those of the clock of the machine that ran Unmask."
            ),
            style="small",
        )
    )
    return Section(_("Custody log"), tuple(blocks))


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]
