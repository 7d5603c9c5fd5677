"""The verdict, what it means, and how strongly the evidence speaks."""

from __future__ import annotations

from collections.abc import Iterator

from unmask.core.analysis import Face
from unmask.core.language import _, ngettext
from unmask.core.said import told
from unmask.core.wording import LABELS
from unmask.evidence.advice import next_step
from unmask.evidence.document import Banner, Block, Bullets, Facts, Paragraph, Section, Table
from unmask.evidence.figure import about_number
from unmask.evidence.format import limit, number, precise, probability, whole
from unmask.evidence.likelihood import Likelihood, Reference
from unmask.evidence.looked import looked_at
from unmask.evidence.outdated import judged_otherwise
from unmask.evidence.report import Report
from unmask.evidence.text import shortened
from unmask.evidence.words import means
from unmask.evidence.worth import worth

_PRIORS = (2, 10, 100, 1000)
_FACES = 8  # named on the first page


def verdict_section(report: Report) -> Section:
    """The label large, its meaning, the reasons, and what to be warned of."""
    analysis = report.analysis
    verdict = analysis.verdict
    says, says_not = means(analysis)
    found = verdict.probability
    blocks: list[Block] = [
        Banner(
            verdict.label,
            _(LABELS[verdict.label]),
            _("no probability")
            if found is None
            else _("P(manipulated)") + f" {probability(found)}",
            _(says),
        ),
        Paragraph(_(says_not), strong=_("What it does not say.")),
        Bullets(tuple(report.explain(code) for code in verdict.reasons)),
        *_in_short(report),
    ]
    if not analysis.options.default_thresholds:
        limits = analysis.options.thresholds
        blocks.append(
            Paragraph(
                _(
                    "This result used other thresholds than the model's own: no manipulation found "
                    "below %(low)s, manipulated from %(high)s.",
                    low=limit(limits.low),
                    high=limit(limits.high),
                ),
                strong=_("Other thresholds."),
                style="warning",
            )
        )
    if otherwise := judged_otherwise(analysis):
        blocks.append(Paragraph(otherwise, strong=_("An older result."), style="warning"))
    blocks += [
        Paragraph(told(notice.message), strong=_("Note."), style="warning")
        for notice in analysis.warnings
    ]
    return Section(_("Verdict"), tuple(blocks))


def _in_short(report: Report) -> Iterator[Block]:
    """What whoever reads one page of a report needs to know before they decide anything."""
    analysis = report.analysis
    if len(analysis.faces) > 1:
        faces = [_of_face(face) for face in analysis.faces[:_FACES]]
        more = len(analysis.faces) - len(faces)
        if more:
            faces.append(_("%(n)s more below.", n=whole(more)))
        yield Paragraph(" ".join(faces), strong=_("Face by face."))
    number_says = about_number(analysis)
    if number_says:
        yield Paragraph(" ".join(number_says), strong=_("The number."))
    seen = looked_at(analysis)
    if seen:
        yield Paragraph(seen, strong=_("What was looked at."))
    told_of = None if report.manifest is None else worth(report.manifest)
    if told_of is not None:
        yield Paragraph(told_of.in_words(), strong=_("How good this model is."))
    yield Paragraph(next_step(analysis), strong=_("What to do next."))


def _of_face(face: Face) -> str:
    found = face.verdict.probability
    return _(
        "Face %(n)s: %(label)s%(figure)s.",
        n=face.id,
        label=_(LABELS[face.verdict.label]),
        figure="" if found is None else f" ({probability(found)})",
    )


def weight_section(report: Report) -> Section:
    """Probability, thresholds, ratio, words, and what they refer to."""
    analysis = report.analysis
    found, limits = analysis.verdict.probability, analysis.options.thresholds
    likelihood = Likelihood.of_verdict(analysis.verdict, report.reference)
    if found is None or likelihood is None:
        text = _(
            "Nothing usable was measured, so there is neither a probability nor a likelihood "
            "ratio. This speaks neither for manipulation nor against it."
        )
        return Section(_("Weight of the evidence"), (Paragraph(text),))
    rows = (
        (_("Calibrated probability"), _("P(manipulated)") + f" {precise(found)}"),
        (
            _("Thresholds"),
            _(
                "no manipulation found below %(low)s; manipulated from %(high)s; between them "
                "inconclusive",
                low=limit(limits.low),
                high=limit(limits.high),
            ),
        ),
        (_("Likelihood ratio"), likelihood.in_figures()),
        (_("In words"), _(likelihood.verbal)),
        (_("Reference population"), _population(report.reference)),
    )
    return Section(
        _("Weight of the evidence"),
        (
            Facts(rows),
            Paragraph(_reading(likelihood)),
            _priors(likelihood),
            Paragraph(_derivation(report, likelihood), style="small"),
        ),
    )


def _reading(likelihood: Likelihood) -> str:
    times = likelihood.times()
    if likelihood.limit == "withheld":
        return _(
            "By its probability alone such a result would speak against manipulation. The reasons "
            "that keep the verdict from saying so are not in that probability, so no ratio below 1 "
            "is stated: it should move no opinion."
        )
    if likelihood.ratio == 1:
        return _(
            "Such a result is as probable if a face of the file was manipulated as if none was. It "
            "should move no opinion."
        )
    if likelihood.ratio > 1:
        return _(
            "Such a result is %(times)s times as probable if a face of the file was manipulated, "
            "by a method like those of the reference population, as if none was. The ratio says "
            "how far the evidence should move an opinion, not what opinion to hold: that depends "
            "also on everything else that is known about the file.",
            times=times,
        )
    return _(
        "Such a result is %(times)s times as probable if no face of the file was manipulated as "
        "if one was, by a method like those of the reference population. A method unlike them is "
        "not covered by this figure.",
        times=times,
    )


def _priors(likelihood: Likelihood) -> Table:
    rows = []
    for one_in in _PRIORS:
        before, after = 1 / one_in, likelihood.posterior(1 / one_in)
        rows.append((_("1 in %(n)s", n=whole(one_in)), number(before, 3), _opinion(after)))
    return Table(
        (_("Held before: manipulated"), _("P before"), _("P after")),
        tuple(rows),
        frozenset({1, 2}),
        caption=_(
            "What the same evidence is worth, by how common manipulation was thought to be before "
            "looking."
        ),
    )


def _opinion(probability: float) -> str:
    """Three digits, and neither nought nor one: no evidence makes a certainty of an opinion."""
    if probability > 0.999:
        return "> " + number(0.999, 3)
    return "< " + number(0.001, 3) if probability < 0.001 else number(probability, 3)


def _population(reference: Reference) -> str:
    if reference.untouched is None or reference.manipulated is None:
        return _("not stated by the model package")
    return _(
        "what the model was calibrated on: %(real)s untouched and %(manipulated)s manipulated "
        "%(what)s",
        real=whole(reference.untouched),
        manipulated=whole(reference.manipulated),
        what=_what(reference),
    )


def _what(reference: Reference) -> str:
    if not reference.data:
        return _(reference.what)
    return _("%(what)s of %(data)s", what=_(reference.what), data=shortened(reference.data))


def _derivation(report: Report, likelihood: Likelihood) -> str:
    sentences = [
        _(
            "The calibration weighs manipulated and untouched examples alike, which is to assume "
            "odds of 1:1 beforehand; posterior odds divided by these prior odds, P / (1 − P), are "
            "the likelihood ratio. With several faces, the file's odds are the mean of its faces' "
            "odds."
        )
    ]
    if report.analysis.media.kind == "image":
        sentences.append(_("A picture is calibrated as single frames of those examples are."))
    sentences.append(_bounds(report.reference))
    if likelihood.limit in ("upper", "lower"):
        sentences.append(
            _("The score alone would give a more extreme ratio: the one stated is the bound.")
        )
    sentences.append(
        _(
            "The words follow the scale of the ENFSI guideline for evaluative reporting (2015). "
            "The ratio holds as far as this file resembles the reference population."
        )
    )
    return " ".join(sentences)


def _bounds(reference: Reference) -> str:
    low, high = reference.bounds
    if reference.untouched is None or reference.manipulated is None:
        return _(
            "The package does not say how many examples it was calibrated on, so ratios beyond "
            "%(high)s are not stated.",
            high=whole(round(high)),
        )
    return _(
        "%(real)s cannot bear a ratio above %(high)s, nor %(manipulated)s a ratio below 1/%(low)s: "
        "beyond that it would rest on the shape of the curve alone.",
        real=ngettext(
            "%(num)s untouched example", "%(num)s untouched examples", reference.untouched
        ),
        high=whole(round(high)),
        manipulated=ngettext(
            "%(num)s manipulated one", "%(num)s manipulated ones", reference.manipulated
        ),
        low=whole(round(1 / low)),
    )
