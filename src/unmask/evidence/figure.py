"""What the number of a verdict says, and why it may not be what its faces or its label suggest."""

from __future__ import annotations

from collections.abc import Iterator

from unmask.core.analysis import Analysis, Face, Thresholds
from unmask.core.language import _
from unmask.core.wording import LABELS
from unmask.evidence.format import limit as figure
from unmask.evidence.format import probability


def about_number(analysis: Analysis) -> tuple[str, ...]:
    """Sentences in the language written in; none of a verdict without a probability.

    A person who sees 0.48 above faces of 0.63 and 0.10, or "inconclusive" beside 0.11 on the band
    where nothing is found, takes it for a mistake.
    """
    return tuple(_sentences(analysis))


def about_face(face: Face) -> str:
    """Why the number of a face is none that its frames have; "" where it lies among theirs.

    In the language written in. A person who sees 0.72 over frames of 0.42 to 0.51 takes it for a
    mistake.
    """
    found = face.verdict.probability
    scores = [frame.score for frame in face.frames if frame.score is not None]
    if found is None or len(scores) < 2:
        return ""
    limits = {"low": probability(min(scores)), "high": probability(max(scores))}
    if found > max(scores) and probability(found) != limits["high"]:
        return _(
            "That is more than any frame by itself (%(low)s to %(high)s): what stays in its place "
            "through many frames says more than one of them.",
            **limits,
        )
    if found < min(scores) and probability(found) != limits["low"]:
        return _(
            "That is less than any frame by itself (%(low)s to %(high)s): what stands out here in "
            "one frame and there in another counts for little.",
            **limits,
        )
    return ""


def how_numbered(analysis: Analysis) -> str:
    """What the numbers of faces say, in the language written in; "" of a picture of one face."""
    if analysis.media.kind == "video":
        return _(
            "Faces are numbered in the order in which they first appear, of several at a time the "
            "largest first. They are told apart by where they are in the scene: the same number "
            "does not say that it is the same person."
        )
    if len(analysis.faces) > 1:
        return _("Faces are numbered by their size, the largest first.")
    return ""


def _sentences(analysis: Analysis) -> Iterator[str]:
    verdict, cleared = analysis.verdict, LABELS["no-manipulation-found"]
    if verdict.probability is None:
        return
    yield _(
        "P(manipulated) is how probable it is that a face was manipulated, if half of such files "
        "are. Where manipulated files are rarer, as they usually are, it is less."
    )
    if rounded := _across(verdict.probability, analysis.options.thresholds):
        yield rounded
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


def _across(found: float, thresholds: Thresholds) -> str:
    """Which side of a threshold a number lies on that is written as if it lay on the other.

    "Inconclusive 0.94" is a contradiction to who reads "from 0.938: manipulated" under it.
    """
    for limit in (thresholds.low, thresholds.high):
        above = found >= limit
        if (round(found, 2) >= limit) == above:
            continue
        written = (round(found, digits) for digits in range(3, 7))
        exact = next((one for one in written if (one >= limit) == above and one != limit), found)
        told = {"exact": figure(exact), "limit": figure(limit)}
        if above:
            return _(
                "More exactly it is %(exact)s, which reaches the threshold of %(limit)s.", **told
            )
        return _("More exactly it is %(exact)s, just below the threshold of %(limit)s.", **told)
    return ""
