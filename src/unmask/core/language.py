"""The language that sentences, numbers and times are written in, and the sentences in it.

Texts are written in English where they are needed, and found in the catalogue by themselves::

    with spoken("de"):
        _("Report on %(name)s", name="clip.mp4")  # 'Bericht über clip.mp4'

Outside of :func:`spoken` the language is English. Documents (JSON, CSV) are of none: nothing that
goes into one is written with this. ``tools/write_translations.py`` writes the catalogue.
"""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from types import MappingProxyType

from unmask.core.paths import assets_folder

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "de": "Deutsch"})
_MARKS = {"en": ".,", "de": ",."}  # before a fraction, between thousands
_PLACES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that says anything counts, as in POSIX
_language: ContextVar[str] = ContextVar("unmask_language", default="en")


def catalogues() -> Path:
    """The folder of the translations, laid out as gettext has it."""
    return assets_folder() / "translations"


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Write in this language, one of :data:`LANGUAGES`, until the block ends."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def language() -> str:
    """The code of the language that is written in now."""
    return _language.get()


def of_environment() -> str:
    """The language of whoever runs this, by the locale; English where it is none of ours."""
    said = next(filter(None, map(os.environ.get, _PLACES)), "") or _of_windows()
    wanted = said[:2].lower()
    return wanted if wanted in LANGUAGES else "en"


def _of_windows() -> str:
    """The language of its menus, such as de_DE; "" elsewhere."""
    found = ""
    if sys.platform == "win32":
        import ctypes

        code = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        found = locale.windows_locale.get(code, found)
    return found


def _(text: str, **values: object) -> str:
    """The text in the language written in, with ``%(name)s`` filled in."""
    found = _catalogue(language()).gettext(text) if text else ""
    return found % values if values else found


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """Of two texts the one that fits the number, which is filled in as ``%(num)s``."""
    found = _catalogue(language()).ngettext(one, many, number)
    return found % {"num": local(f"{number:,}"), **values}


def local(figure: str) -> str:
    """A number written as ``1,234.5``, or a text around one, as the language writes it."""
    return figure.translate(str.maketrans(".,", _MARKS[language()]))


@cache
def _catalogue(language: str) -> NullTranslations:
    path = catalogues() / language / "LC_MESSAGES" / "messages.mo"
    if language == "en":
        return NullTranslations()
    with path.open("rb") as file:
        return GNUTranslations(file)
