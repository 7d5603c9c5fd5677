"""Bring the translations of the web app up to date with its texts, and compile them.

    .venv/bin/python tools/write_translations.py

Texts are those of the templates and of ``_()`` in the code, and the sentences that other rooms
keep in tables. New ones appear in ``src/unmask/web/translations/LANG/LC_MESSAGES/messages.po``
without a translation; write it there and run this again. Exits with 1 while some are missing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from unmask.core.wording import LABELS
from unmask.evidence import likelihood
from unmask.evidence.words import LIMITATIONS, MEANS
from unmask.verdict import REASONS

WEB = Path(__file__).parents[1] / "src" / "unmask" / "web"
FOLDER = WEB / "translations"
LANGUAGES = ("de",)
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "ngettext": (1, 2)}
SAID_ELSEWHERE = (
    "received", "analysed", "exported", "notified", "pictures", "clips",
    "trusted", "valid, signer not vouched for", "INVALID: does not match the file",
)  # fmt: skip


def texts() -> Iterator[str | tuple[str, ...]]:
    """Every text that is shown through the translation."""
    for _, _, text, _, _ in extract_from_dir(WEB, METHODS, keywords=KEYWORDS):
        yield text
    yield from LABELS.values()
    yield from REASONS.values()
    yield from LIMITATIONS
    for pair in MEANS.values():
        yield from pair
    yield "no support for either proposition over the other"
    for _, words in likelihood._WORDS:
        if words:
            yield f"{words} for manipulation"
            yield f"{words} for no manipulation"
    yield from SAID_ELSEWHERE


def template() -> Catalog:
    """The texts without translations, in a stable order."""
    catalog = Catalog(project="Unmask", charset="utf-8")
    for text in sorted(set(texts()), key=str):
        catalog.add(text)
    return catalog


def updated(language: str) -> Catalog:
    """The texts of today with the translations there are."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    made = catalog.creation_date
    catalog.update(template(), no_fuzzy_matching=True)
    catalog.creation_date = made  # or every run would change the files
    catalog.obsolete.clear()
    return catalog


def missing(catalog: Catalog) -> list[str]:
    """The texts without a translation."""
    return [str(one.id) for one in catalog if one.id and not all(_parts(one.string))]


def _parts(string: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, (tuple, list)) else (string or "",)


def main() -> int:
    """Write and compile."""
    lacking = 0
    for language in LANGUAGES:
        catalog = updated(language)
        folder = FOLDER / language / "LC_MESSAGES"
        with (folder / "messages.po").open("wb") as file:
            write_po(file, catalog, width=100, omit_header=False, sort_output=True)
        with (folder / "messages.mo").open("wb") as file:
            write_mo(file, catalog)
        for text in missing(catalog):
            print(f"{language}: {text}")
            lacking += 1
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
