"""The verdict, what it means, and how strongly the evidence speaks."""

from __future__ import annotations

from unmask.core.wording import LABELS, probability
from unmask.evidence.document import Banner, Block, Bullets, Facts, Paragraph, Section, Table
from unmask.evidence.likelihood import Likelihood, Reference
from unmask.evidence.report import Report
from unmask.evidence.sections.format import plural
from unmask.evidence.text import shortened
from unmask.evidence.words import MEANS

_PRIORS = (2, 10, 100, 1000)


def verdict_section(report: Report) -> Section:
    """The label large, its meaning, the reasons, and what to be warned of."""
    analysis = report.analysis
    verdict = analysis.verdict
    says, says_not = MEANS[verdict.label]
    number = verdict.probability
    blocks: list[Block] = [
        Banner(
            verdict.label,
            LABELS[verdict.label],
            "no probability" if number is None else f"P(manipulated) {probability(number)}",
            says,
        ),
        Paragraph(says_not, strong="What it does not say."),
        Bullets(tuple(report.explain(code) for code in verdict.reasons)),
    ]
    if not analysis.options.default_thresholds:
        limits = analysis.options.thresholds
        blocks.append(
            Paragraph(
                f"This result used other thresholds than the model's own: no manipulation found "
                f"below {limits.low:g}, manipulated from {limits.high:g}.",
                strong="Other thresholds.",
                style="warning",
            )
        )
    blocks += [
        Paragraph(notice.message, strong="Note.", style="warning") for notice in analysis.warnings
    ]
    return Section("Verdict", tuple(blocks))


def weight_section(report: Report) -> Section:
    """Probability, thresholds, ratio, words, and what they refer to."""
    analysis = report.analysis
    number, limits = analysis.verdict.probability, analysis.options.thresholds
    likelihood = Likelihood.of_verdict(analysis.verdict, report.reference)
    if number is None or likelihood is None:
        text = (
            "Nothing usable was measured, so there is neither a probability nor a likelihood "
            "ratio. This speaks neither for manipulation nor against it."
        )
        return Section("Weight of the evidence", (Paragraph(text),))
    rows = (
        ("Calibrated probability", f"P(manipulated) = {number:.4f}"),
        (
            "Thresholds",
            f"no manipulation found below {limits.low:g}; manipulated from {limits.high:g}; "
            "between them inconclusive",
        ),
        ("Likelihood ratio", likelihood.in_figures()),
        ("In words", likelihood.verbal),
        ("Reference population", _population(report.reference)),
    )
    return Section(
        "Weight of the evidence",
        (
            Facts(rows),
            Paragraph(_reading(likelihood)),
            _priors(likelihood),
            Paragraph(_derivation(report, likelihood), style="small"),
        ),
    )


def _reading(likelihood: Likelihood) -> str:
    times = likelihood.times()
    if likelihood.ratio == 1:
        return (
            "Such a result is as probable if a face of the file was manipulated as if none was. It "
            "should move no opinion."
        )
    if likelihood.ratio > 1:
        return (
            f"Such a result is {times} times as probable if a face of the file was manipulated, "
            "by a method like those of the reference population, as if none was. The ratio says "
            "how far the evidence should move an opinion, not what opinion to hold: that depends "
            "also on everything else that is known about the file."
        )
    return (
        f"Such a result is {times} times as probable if no face of the file was manipulated as "
        "if one was, by a method like those of the reference population. A method unlike them is "
        "not covered by this figure."
    )


def _priors(likelihood: Likelihood) -> Table:
    rows = []
    for one_in in _PRIORS:
        after = likelihood.posterior(1 / one_in)
        rows.append((f"1 in {one_in:,}", f"{1 / one_in:.3f}", f"{after:.3f}"))
    return Table(
        ("Held before: manipulated", "P before", "P after"),
        tuple(rows),
        frozenset({1, 2}),
        caption="What the same evidence is worth, by how common manipulation was thought to be "
        "before looking.",
    )


def _population(reference: Reference) -> str:
    if reference.untouched is None or reference.manipulated is None:
        return "not stated by the model package"
    return (
        f"what the model was calibrated on: {reference.untouched:,} untouched and "
        f"{reference.manipulated:,} manipulated {shortened(reference.what)}"
    )


def _derivation(report: Report, likelihood: Likelihood) -> str:
    reference = report.reference
    text = (
        "The calibration weighs manipulated and untouched examples alike, which is to assume odds "
        "of 1:1 beforehand; posterior odds divided by these prior odds, P / (1 − P), are the "
        "likelihood ratio. With several faces, the file's odds are the mean of its faces' odds. "
    )
    if report.analysis.media.kind == "image":
        text += "A picture is calibrated as single frames of those examples are. "
    low, high = reference.bounds
    if reference.untouched is None or reference.manipulated is None:
        text += (
            "The package does not say how many examples it was calibrated on, so ratios beyond "
            f"{high:,.0f} are not stated. "
        )
    else:
        text += (
            f"{plural(reference.untouched, 'untouched example')} cannot bear a ratio above "
            f"{high:,.0f}, nor {plural(reference.manipulated, 'manipulated one')} a ratio below "
            f"1/{1 / low:,.0f}: beyond that it would rest on the shape of the curve alone. "
        )
    if likelihood.limit:
        text += "The score alone would give a more extreme ratio: the one stated is the bound. "
    return text + (
        "The words follow the scale of the ENFSI guideline for evaluative reporting (2015). The "
        "ratio holds as far as this file resembles the reference population."
    )
