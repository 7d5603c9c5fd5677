"""Numbers, times and codes in plain words, for the templates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from flask import Flask
from flask_babel import format_datetime
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from unmask.core import times
from unmask.core.analysis import Analysis, Face, Verdict
from unmask.core.wording import LABELS
from unmask.core.wording import probability as plain_probability
from unmask.evidence import (
    FACE_COLOURS,
    Likelihood,
    advice,
    face_colour,
    face_dash,
    face_ink,
    figure,
    looked,
    outdated,
    where,
)
from unmask.evidence.sections.origin import credentials_in_words
from unmask.evidence.words import HOW_TO_READ, LIMITATIONS
from unmask.evidence.words import limitations as limitations_of
from unmask.evidence.words import means as meaning_of
from unmask.evidence.worth import Worth
from unmask.store import other_names
from unmask.verdict import explain
from unmask.web.said import said
from unmask.web.timeline import square
from unmask.web.words import _, here, local

_FRACTION = 1000

part = here(looked.part)
version_of = here(outdated.version_of)
weight = here(Likelihood.in_plain_words)
credentials = here(credentials_in_words)


def install(app: Flask) -> None:
    """Filters and globals of the templates."""
    app.jinja_env.filters.update(
        probability=_each_time(probability),
        number=_each_time(number),
        size=_each_time(size),
        clock=_each_time(clock),
        when=_each_time(when),
        label=_each_time(label),
        rate=_each_time(rate),
        markdown=_each_time(markdown),
        said=_each_time(said),
        as_typed=as_typed,
        short_hash=lambda sha256: sha256[:12],
    )
    app.jinja_env.globals.update(
        face_colour=face_colour,
        face_colours=FACE_COLOURS,
        face_dash=face_dash,
        face_dashes=[face_dash(face) for face in range(len(FACE_COLOURS))],
        face_inks=[face_ink(face) for face in range(len(FACE_COLOURS))],
        face_square=square,
        reasons_of=reasons,
        gist=gist,
        means=means,
        next_step=here(advice.next_step),
        looked_at=here(looked.looked_at),
        judged_otherwise=here(outdated.judged_otherwise),
        version_of=version_of,
        shown_in=here(looked.shown_in),
        where_on=here(where.where),
        part=part,
        worth_in_words=here(Worth.in_words),
        how_to_read=lambda: _(HOW_TO_READ),
        limitations=limitations,
        likelihood=Likelihood.of_verdict,
        about_number=here(figure.about_number),
        about_face=here(figure.about_face),
        how_numbered=here(figure.how_numbered),
        other_names=other_names,
        weight=weight,
        credentials_in_words=credentials,
        score_of=score_of,
    )


def _each_time(say: Callable[..., Any]) -> Callable[..., Any]:
    """The function as a filter that is not asked once for all.

    Jinja writes a filter of a constant, such as a verdict's name, into the template when that is
    first used: everybody would read it in the language of whoever came first.
    """

    @pass_context
    @wraps(say)
    def filtered(_context: Context, *given: Any, **named: Any) -> Any:
        return say(*given, **named)

    return filtered


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


def gist(code: str) -> str:
    """What is not to be concluded from a verdict, short enough to stand right under its name."""
    return {
        "manipulated": _("Traces of manipulation in a face: a hint, and no proof."),
        "no-manipulation-found": _("That does not show that the file is genuine."),
        "inconclusive": _("It can be said neither that it was manipulated nor that it was not."),
        "no-face": _("Nothing was judged."),
    }.get(code, "")


def means(analysis: Analysis) -> tuple[str, str]:
    """What a verdict means, and what it does not."""
    does, does_not = meaning_of(analysis)
    return _(does), _(does_not)


def limitations(analysis: Analysis | None = None) -> list[str]:
    """What can make results wrong, or this one."""
    texts = LIMITATIONS if analysis is None else limitations_of(analysis)
    return [_(text) for text in texts]


def as_typed(seconds: float | str | None) -> str:
    """A time as a field of a form takes it, such as ``11:07`` or ``1:02:03.5``.

    Words are what somebody has typed, to be mended.
    """
    if seconds is None or isinstance(seconds, str):
        return seconds or ""
    return times.clock(seconds, 3).rstrip("0").rstrip(".")


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
    return local(times.clock(seconds, digits))


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
    html = reader.render(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
    # What scrolls sideways on a phone has to be within the keyboard's reach.
    name = _("Table")
    wide = f'<div class="table-scroll" tabindex="0" role="group" aria-label="{name}"><table>'
    return Markup(html.replace("<table>", wide).replace("</table>", "</table></div>"))
