"""What the number of a verdict says, and why it may not be what its faces or its label suggest."""

from __future__ import annotations

from collections.abc import Iterator

from unmask.core.analysis import Analysis
from unmask.core.language import _
from unmask.core.wording import LABELS
from unmask.evidence.format import probability


def about_number(analysis: Analysis) -> tuple[str, ...]:
    """Sentences in the language written in; none of a verdict without a probability.

    A person who sees 0.48 above faces of 0.63 and 0.10, or "inconclusive" beside 0.11 on the band
    where nothing is found, takes it for a mistake.
    """
    return tuple(_sentences(analysis))


def _sentences(analysis: Analysis) -> Iterator[str]:
    verdict, cleared = analysis.verdict, LABELS["no-manipulation-found"]
    if verdict.probability is None:
        return
    yield _(
        "P(manipulated) is how probable it is that a face was manipulated, if half of such files "
        "are. Where manipulated files are rarer, as they usually are, it is less."
    )
    if verdict.label == "inconclusive" and verdict.probability < analysis.options.thresholds.low:
        yield _(
            "By the number alone the verdict would be “%(label)s”; the reasons keep it from that.",
            label=_(cleared),
        )
    judged = [p for face in analysis.faces if (p := face.verdict.probability) is not None]
    if judged and min(judged) < max(judged):
        yield _(
            "It is put together from the %(n)s faces that were judged (%(low)s to %(high)s). Among "
            "several one may stand out by chance, so it lies below the highest of them.",
            n=len(judged),
            low=probability(min(judged)),
            high=probability(max(judged)),
        )
