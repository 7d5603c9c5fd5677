"""Which stretches of a film were looked at, how much of it that is, and how much shows a face."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, pairwise

from unmask.core.analysis import Analysis, AnalysisOptions, Face
from unmask.core.language import _, local, ngettext

MUCH_UNSEEN_S = 5.0
"""On end: from here on it is said how to look closer."""
_UNSEEN = 1.0  # seconds on end that are worth a word: a cut to another face can be as short
_MINUTE = 60
_JUMP, _LEAST_JUMP = 2.5, 0.05  # times the usual step, and seconds: nobody looked in between


def stretches_of(analysis: Analysis) -> tuple[tuple[float, float], ...]:
    """The times of the first and the last frame of each stretch, of a film with faces or without.

    In documents that do not say it, neighbouring times at which a face was seen: where the step
    jumps, another stretch begins. None there where no face was.
    """
    if analysis.stretches:
        return analysis.stretches
    times = sorted({frame.time_s for face in analysis.faces for frame in face.frames})
    jump = max(_JUMP * _usual_step(times, analysis.options.frames_per_clip), _LEAST_JUMP)
    found = [[time, time] for time in times[:1]]
    for before, time in pairwise(times):
        if time - before > jump:
            found.append([time, time])
        found[-1][1] = time
    return tuple((first, last) for first, last in found)


def _usual_step(times: Sequence[float], frames: int) -> float:
    """The median of the smaller steps: between stretches there are at most one in ``frames``."""
    steps = sorted(after - before for before, after in pairwise(times))
    if not steps:
        return 0.0
    return steps[int(len(steps) * max(0.25, 1 - 2 / max(frames, 2)) / 2)]


def looked_at(analysis: Analysis) -> str:
    """What was looked at and what was not, in the language written in; "" of a picture.

    Also "" where the document is from before stretches were noted.
    """
    stretches = analysis.stretches
    if not stretches:
        return ""
    whole = max(analysis.media.duration_s or 0.0, stretches[-1][1])
    said = ngettext(
        "%(num)s short stretch was looked at, %(seen)s of %(whole)s in all.",
        "%(num)s short stretches were looked at, %(seen)s of %(whole)s in all.",
        len(stretches),
        seen=span(min(whole, _seen(analysis, stretches))),
        whole=span(whole),
    )
    unseen = longest_unseen(analysis)
    if unseen >= _UNSEEN:
        said += " " + _(
            "Up to %(gap)s on end went unseen: a manipulation there would not be noticed.",
            gap=span(unseen),
        )
    asked = part(analysis.options)
    return f"{asked} {said}" if asked else said


def part(options: AnalysisOptions) -> str:
    """Which part of a film alone was asked for; "" of all of it."""
    start, end = options.from_s, options.to_s
    if start is None and end is None:
        return ""
    if end is None:
        return _("Only the part from %(start)s on was asked for.", start=span(start or 0.0))
    return _(
        "Only the part from %(start)s to %(end)s was asked for.",
        start=span(start or 0.0),
        end=span(end),
    )


def longest_unseen(analysis: Analysis) -> float:
    """Seconds of the longest time on end in which no frame was looked at; 0 where unknown."""
    if not analysis.stretches:
        return 0.0
    end = analysis.media.duration_s or 0.0
    times = [analysis.media.starts_s, *chain.from_iterable(analysis.stretches), end]
    return max((after - before for before, after in _between(times)), default=0.0)


def shown_in(face: Face, analysis: Analysis) -> str:
    """In how many of the stretches looked at a face is seen; "" where that is not known.

    Without it "from 0:00 to 15:00" reads as if the face had been watched for a quarter of an hour.
    """
    stretches = analysis.stretches
    if not stretches:
        return ""
    times = [frame.time_s for frame in face.frames]
    shown = sum(any(first <= time <= last for time in times) for first, last in stretches)
    return ngettext(
        "seen in %(shown)s of %(num)s stretch",
        "seen in %(shown)s of %(num)s stretches",
        len(stretches),
        shown=shown,
    )


def span(seconds: float) -> str:
    """A length or a time such as ``9.4 s``, ``20:00`` or ``1:02:03``."""
    if (tenths := round(seconds, 1)) < _MINUTE:
        return local(f"{tenths:.1f} s")
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _between(times: list[float]) -> Iterator[tuple[float, float]]:
    """Every second pair: from the end of a stretch to the beginning of the next."""
    return (pair for index, pair in enumerate(pairwise(times)) if index % 2 == 0)


def _seen(analysis: Analysis, stretches: tuple[tuple[float, float], ...]) -> float:
    """The last frame of a stretch is on show for a moment, too."""
    rate = analysis.media.frame_rate
    frame = float(1 / Fraction(rate)) if rate and Fraction(rate) > 0 else 0.0
    return sum(last - first + frame for first, last in stretches)
