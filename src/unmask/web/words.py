"""Texts in the reader's language."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from flask_babel import get_locale, gettext

from unmask.core import language


def asked_for() -> str:
    """The language of the request, one of :data:`unmask.core.language.LANGUAGES`."""
    locale = get_locale()
    return "en" if locale is None else str(locale.language)


def spoken_here() -> AbstractContextManager[None]:
    """What other rooms write until the block ends is in the language of the request."""
    return language.spoken(asked_for())


def _(text: str, **values: Any) -> str:
    """The text in the language of the request, with ``%(name)s`` filled in."""
    return str(gettext(text, **values))


def local(figure: str) -> str:
    """A number written with a decimal point, as the language of the request writes it."""
    with spoken_here():
        return language.local(figure)
