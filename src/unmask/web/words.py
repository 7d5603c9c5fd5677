"""Texts in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask_babel import get_locale, gettext

from unmask.core import language

P = ParamSpec("P")
T = TypeVar("T")


def asked_for() -> str:
    """The language of the request, one of :data:`unmask.core.language.LANGUAGES`."""
    locale = get_locale()
    return "en" if locale is None else str(locale.language)


def spoken_here() -> AbstractContextManager[None]:
    """What other rooms write until the block ends is in the language of the request."""
    return language.spoken(asked_for())


def here(say: Callable[P, T]) -> Callable[P, T]:
    """The function of another room that says something, saying it in that language."""

    @wraps(say)
    def said(*given: P.args, **named: P.kwargs) -> T:
        with spoken_here():
            return say(*given, **named)

    return said


def _(text: str, **values: Any) -> str:
    """The text in the language of the request, with ``%(name)s`` filled in."""
    return str(gettext(text, **values))


def local(figure: str) -> str:
    """A number written with a decimal point, as the language of the request writes it."""
    with spoken_here():
        return language.local(figure)
