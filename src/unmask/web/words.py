"""Texts in the reader's language."""

from __future__ import annotations

from typing import Any

from babel.numbers import get_decimal_symbol
from flask_babel import get_locale, gettext


def _(text: str, **values: Any) -> str:
    """The text in the language of the request, with ``%(name)s`` filled in."""
    return str(gettext(text, **values))


def local(figure: str) -> str:
    """A number written with a decimal point, as the language of the request writes it."""
    return figure.replace(".", get_decimal_symbol(get_locale() or "en"))
