"""What other rooms say in English, in the language of the request."""

from __future__ import annotations

from markupsafe import Markup

from unmask.core import said as known
from unmask.web.words import asked_for, spoken_here


def said(text: str) -> Markup:
    """The message for a page; where only English is at hand, marked as English."""
    with spoken_here():
        words = known.translated(text)
    if words is not None:
        return Markup.escape(words)
    if asked_for() == "en":
        return Markup.escape(text)
    return Markup('<span lang="en">{}</span>').format(text)


def told(text: str) -> str:
    """The same for a script, which shows it as it is."""
    with spoken_here():
        return known.told(text)
