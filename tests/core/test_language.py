"""Sentences and numbers in a language."""

from __future__ import annotations

import ctypes
import sys
import types

import pytest

from unmask.core.language import LANGUAGES, _, local, ngettext, of_environment, spoken
from unmask.core.said import told


def test_english_is_spoken_outside_of_any_block() -> None:
    assert _("Inconclusive") == "Inconclusive"
    with spoken("de"):
        assert _("Inconclusive") == "Unklar"
        with spoken("en"):
            assert _("Inconclusive") == "Inconclusive"
        assert _("Inconclusive") == "Unklar"
    assert _("Inconclusive") == "Inconclusive"


def test_places_and_plurals_are_filled_in() -> None:
    assert _("Report on %(name)s", name="100 %.mp4") == "Report on 100 %.mp4"
    one, many = "%(num)s real file", "%(num)s real files"
    assert ngettext(one, many, 1) == "1 real file"
    assert ngettext(one, many, 4321) == "4,321 real files"
    with spoken("de"):
        assert ngettext(one, many, 1) == "1 echte Datei"
        assert ngettext(one, many, 4321) == "4.321 echte Dateien"
        assert _("") == ""
        assert _("Found at 1 % false alarms") == "Gefunden bei 1 % Fehlalarmen"
        assert _("never written down") == "never written down"


def test_numbers_are_written_as_the_language_has_them() -> None:
    assert local("about 1,234.5") == "about 1,234.5"
    with spoken("de"):
        assert local("1,234.5") == "1.234,5"
        assert local("< 0.01") == "< 0,01"


def test_what_others_said_in_english_is_found_again() -> None:
    cut = (
        "The file states a length of 12.5 s and its pictures end after 3.25 s: it seems cut short."
    )
    assert told(cut) == cut
    with spoken("de"):
        assert "12,5 s" in told(cut)
        assert "3,25 s" in told(cut)
        assert told("of tomorrow") == "of tomorrow"


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ({"LANG": "de_AT.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "de_CH"}, "de"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "", "LC_ALL": ""}, "en"),
        ({}, "en"),
    ],
)
def test_the_locale_says_which_language(
    monkeypatch: pytest.MonkeyPatch, locale: dict[str, str], language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    assert of_environment() == language
    assert language in LANGUAGES


@pytest.mark.parametrize(("code", "language"), [(0x0407, "de"), (0x0C07, "de"), (0x040C, "en")])
def test_windows_tells_the_language_of_its_menus(
    monkeypatch: pytest.MonkeyPatch, code: int, language: str
) -> None:
    """It has none of the variables."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    kernel = types.SimpleNamespace(GetUserDefaultUILanguage=lambda: code)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "windll", types.SimpleNamespace(kernel32=kernel), raising=False)
    assert of_environment() == language
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert of_environment() == "en"
