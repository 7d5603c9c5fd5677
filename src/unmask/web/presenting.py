"""Numbers, times and codes in plain words, for the templates."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask_babel import format_datetime
from markupsafe import Markup

from unmask.core.analysis import Analysis, Face, Verdict
from unmask.core.wording import LABELS
from unmask.core.wording import probability as plain_probability
from unmask.evidence import (
    FACE_COLOURS,
    ContentCredentials,
    Likelihood,
    face_colour,
    face_dash,
    face_ink,
)
from unmask.evidence.sections.origin import credentials_in_words
from unmask.evidence.words import LIMITATIONS, MEANS
from unmask.verdict import explain
from unmask.web.said import said
from unmask.web.timeline import square
from unmask.web.words import _, local, spoken_here

_FRACTION = 1000


def install(app: Flask) -> None:
    """Filters and globals of the templates."""
    app.jinja_env.filters.update(
        probability=probability,
        number=number,
        size=size,
        clock=clock,
        when=when,
        label=label,
        rate=rate,
        markdown=markdown,
        said=said,
        short_hash=lambda sha256: sha256[:12],
    )
    app.jinja_env.globals.update(
        clock=clock,  # of a constant: a filter would write it once, in the first reader's language
        number=number,
        face_colour=face_colour,
        face_colours=FACE_COLOURS,
        face_dash=face_dash,
        face_dashes=[face_dash(face) for face in range(len(FACE_COLOURS))],
        face_inks=[face_ink(face) for face in range(len(FACE_COLOURS))],
        face_square=square,
        reasons_of=reasons,
        means=means,
        next_step=next_step,
        limitations=lambda: [_(text) for text in LIMITATIONS],
        likelihood=Likelihood.of_verdict,
        figures=figures,
        credentials_in_words=credentials,
        score_of=score_of,
    )


def number(value: float, digits: int | None = None) -> str:
    """A number with so many digits after the point, or with as many as it has."""
    return local(str(value) if digits is None else f"{value:.{digits}f}")


def probability(value: float | None) -> str:
    """As everywhere: two digits, and never a certainty."""
    return local(plain_probability(value))


def label(code: str) -> str:
    """A verdict's name for people."""
    return _(LABELS[code]) if code in LABELS else code


def reasons(verdict: Verdict) -> list[str]:
    """One sentence for each reason."""
    return [_(explain(code)) for code in verdict.reasons]


def means(code: str) -> tuple[str, str]:
    """What a verdict means, and what it does not."""
    does, does_not = MEANS[code]
    return _(does), _(does_not)


def next_step(analysis: Analysis) -> str:
    """What somebody who has to decide can do after such a verdict."""
    verdict = analysis.verdict
    if verdict.label == "manipulated":
        return _(
            "Do not decide by this alone. Look closely at the frames that score highest, find "
            "where the file was first published, and ask whoever published it."
        )
    if verdict.label == "no-manipulation-found":
        return _(
            "Leave the question open: check who published it first, when and where it was made, "
            "and whether sound and caption belong to it."
        )
    if verdict.label == "no-face":
        return _(
            "If a face is to be seen, hand in the part or the detail that shows it; if it lies on "
            "its side or upside down, turn the file upright first."
        )
    return _after_doubt(analysis)


def _after_doubt(analysis: Analysis) -> str:
    verdict = analysis.verdict
    if "face-turned" in verdict.reasons:
        return _("Turn the file upright, as it was filmed, and hand it in once more.")
    if {"written-over", "pixelated", "part-covered"} & set(verdict.reasons):
        return _(
            "Find the file as it was before somebody edited it, or hand in the part that shows "
            "the face without what was laid over it."
        )
    if verdict.probability is None or "too-noisy" in verdict.reasons:
        return _(
            "Find a better copy, best the original: larger, sharper, longer or less compressed. "
            "Until then, decide by other evidence."
        )
    if analysis.media.kind == "video":
        return _(
            "Look at more of it: sample more stretches, under “Once more”, or hand in a better "
            "copy. Otherwise decide by other evidence."
        )
    return _(
        "Hand in a better copy or, if there is one, the film that it is from: one picture says "
        "little. Otherwise decide by other evidence."
    )


def figures(ratio: Likelihood) -> str:
    """The ratio such as ``about 45`` or ``118 (bounded)``, in the reader's language."""
    with spoken_here():
        return ratio.in_figures()


def credentials(found: ContentCredentials) -> str:
    """Why there are no Content Credentials to show."""
    with spoken_here():
        return credentials_in_words(found)


def score_of(face: Face, value: float | None) -> str:
    """A score of one frame; that of a face that could not be judged is no number to go by."""
    return probability(value) if value is None or face.judged else _("not counted")


def size(count: int) -> str:
    """Bytes such as ``104 kB`` or ``3.2 GB`` (powers of 1000), in the reader's language."""
    return _("%(n)s bytes", n=count) if count < _FRACTION else local(plain_size(count))


def plain_size(count: int) -> str:
    """The same in English."""
    if count < _FRACTION:
        return f"{count} bytes"
    value = float(count)
    units = ["TB", "GB", "MB", "kB"]
    while (value := value / _FRACTION) >= _FRACTION and len(units) > 1:
        units.pop()
    unit = units[-1]
    return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"


def clock(seconds: float, digits: int = 1) -> str:
    """Seconds as ``1:02.5`` or ``1:00:02.5``; ``digits`` after the point."""
    scale: int = 10**digits
    whole, rest = divmod(round(seconds * scale), scale)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    start = f"{hours}:{minute:02d}" if hours else f"{minute}"
    tail = local(f".{rest:0{digits}d}") if digits else ""
    return f"{start}:{second:02d}{tail}"


def when(time: datetime) -> Markup:
    """A ``<time>`` element: UTC in the text, which a script turns into local time."""
    utc = time.astimezone(UTC)
    text = format_datetime(utc, "medium", rebase=False)
    markup = Markup('<time datetime="{}" class="local">{} UTC</time>')
    return markup.format(utc.isoformat(timespec="seconds"), text)


def rate(fraction: str | None) -> str:
    """A frame rate such as ``30000/1001`` as ``29.97``."""
    if not fraction:
        return "–"
    above, _, below = fraction.partition("/")
    value = float(above) / float(below or 1)
    return local(f"{value:.2f}".rstrip("0").rstrip("."))


def markdown(text: str) -> Markup:
    """Markdown as HTML; HTML inside it is shown, not obeyed, and its comments are left out."""
    from markdown_it import MarkdownIt

    reader: Any = MarkdownIt("commonmark", {"html": False}).enable("table")
    return Markup(reader.render(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)))
