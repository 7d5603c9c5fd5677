"""Bring the translations of the pages and the reports up to date with their texts; compile them.

    .venv/bin/python tools/write_translations.py

Texts are those of the templates and of ``_()`` in the code, the sentences that other rooms keep
in tables, and what they say in English (``unmask.core.said``). New ones appear in
``src/unmask/assets/translations/LANG/LC_MESSAGES/messages.po`` without a translation; write it
there and run this again. Exits with 1 while some are missing, or ``unmask.core.said`` lacks one.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from werkzeug.exceptions import HTTPException

from unmask.core import said
from unmask.core.errors import UnmaskError
from unmask.core.language import LANGUAGES as SPOKEN
from unmask.core.language import catalogues
from unmask.core.wording import LABELS
from unmask.evidence import likelihood
from unmask.evidence.words import (
    HEAT_LEGEND,
    HOW_TO_READ,
    LIMITATIONS,
    MEANS,
    NO_FACE_IN_PICTURE,
)
from unmask.verdict import REASONS
from unmask.web import app

SOURCE = Path(app.__file__).parents[1]
ROOMS = ("web", "evidence", "pipeline")  # that say anything in the reader's language
FOLDER = catalogues()
LANGUAGES = tuple(one for one in SPOKEN if one != "en")
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "ngettext": (1, 2)}
SAID_ELSEWHERE = (
    "received", "analysed", "exported", "notified", "pictures", "clips",
    "trusted", "valid, signer not vouched for", "INVALID: does not match the file",
    "container", "video stream", "audio stream", "data stream", "subtitle stream", "text",
)  # fmt: skip


def texts() -> Iterator[str | tuple[str, ...]]:
    """Every text that is shown through the translation."""
    for room in ROOMS:
        for _, _, text, _, _ in extract_from_dir(SOURCE / room, METHODS, keywords=KEYWORDS):
            yield text
    yield from LABELS.values()
    yield from REASONS.values()
    yield from (HEAT_LEGEND, HOW_TO_READ, *LIMITATIONS)
    for pair in (*MEANS.values(), NO_FACE_IN_PICTURE):
        yield from pair
    yield "no support for either proposition over the other"
    for _, words in likelihood._COUNTS:
        yield words
    for _, words in likelihood._WORDS:
        if words:
            yield f"{words} for manipulation"
            yield f"{words} for no manipulation"
    yield from SAID_ELSEWHERE
    yield from said.TEXTS


PLACES = (
    "core/deadline.py", "jobs/*.py", "pipeline/*.py", "video/*.py", "web/*.py", "web/views/*.py",
)  # fmt: skip
# What only who runs the server reads.
NOT_SHOWN = ("jobs/keys.py", "jobs/queueing.py", "web/addressed.py", "web/secret.py")
WORDED = ("message", "hint", "problem")


def unsaid() -> list[str]:
    """What those files say of a file, a job or a request that :data:`said.TEXTS` has no text for.

    Looked for are the words of every error, failure and warning that they make; a place is "7".
    """
    names = {"Notice", "Failure", "abort"} | _kinds(UnmaskError) | _kinds(HTTPException)
    shown = {path for place in PLACES for path in SOURCE.glob(place)}
    found = []
    for path in sorted(shown - {SOURCE / name for name in NOT_SHOWN}):
        for text in _worded(ast.parse(path.read_text(encoding="utf-8")), names):
            if said.found(text) is None:
                found.append(f"{path.relative_to(SOURCE)}: {text}")
    return found


def _kinds(kind: type) -> set[str]:
    return {kind.__name__}.union(*map(_kinds, kind.__subclasses__()))


def _worded(tree: ast.Module, names: set[str]) -> Iterator[str]:
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name == "_hint":
            returned = (one.value for one in ast.walk(node) if isinstance(one, ast.Return))
            assigned["_hint"] = [value for value in returned if value is not None]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        values = [one.value for one in node.keywords if one.arg in WORDED]
        if isinstance(node.func, ast.Name) and node.func.id in {*names, "failed"}:
            values += node.args
        for value in values:
            named = value.func if isinstance(value, ast.Call) else value
            same = assigned.get(named.id, []) if isinstance(named, ast.Name) else [value]
            yield from filter(None, map(_text, same))
    for value in assigned.get("description", []):
        yield from filter(None, [_text(value)])


def _text(value: ast.expr) -> str:
    if isinstance(value, ast.JoinedStr):
        return "".join(_text(piece) for piece in value.values)
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else ""
    return "7" if isinstance(value, ast.FormattedValue) else ""


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
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
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
    for text in unsaid():
        print(f"unmask.core.said: {text}")
        lacking += 1
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
