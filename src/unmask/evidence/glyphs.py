"""Which characters the fonts at hand can print, and a way to write the others.

Typst ships fonts for Latin, Greek, Cyrillic, Hebrew and Arabic and uses those of the system for
the rest. A character that none of them has would be an empty box on paper; PDF/A forbids that, so
the typesetter names each one, which is what is used here.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from unmask.evidence.text import named

_NAMED = re.compile(r'the text `"(.+?)"` could not be displayed')
_FONTS = '#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"))\n'
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")
_MARKS = frozenset("‹›")  # of what is written instead: the fonts that come along have them
_ROUNDS = 8


def replace_missing(text: str) -> str:
    """The text with each character that no font has as ``‹U+1F3AC›``. Needs extra ``report``."""
    odd = {char for char in text if not char.isascii()}
    return _spelled(text, _missing(odd))


def replace_named(text: str, diagnostic: str) -> str:
    """The text without what the typesetter says that it cannot display, which may be nothing.

    Characters that a font has each by itself may still have no common font where they combine.
    """
    return _spelled(text, {char for char in _named(diagnostic) if not char.isascii()})


def _spelled(text: str, missing: set[str]) -> str:
    missing = missing - _MARKS
    return "".join(named(char) if char in missing else char for char in text)


def _named(diagnostic: str) -> set[str]:
    """The characters in the complaints, which write combining marks as ``\\u{9e3}``."""
    found = _NAMED.findall(diagnostic)
    return {char for match in found for char in _ESCAPE.sub(_unescaped, match)}


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


def _missing(characters: set[str]) -> set[str]:
    found: set[str] = set()
    for _ in range(_ROUNDS):
        new = _complaints(sorted(characters - found)) & characters
        if not new:
            return found
        found |= new
    return characters  # the typesetter complains of something else: nothing is sure


def _complaints(characters: Iterable[str]) -> set[str]:
    import typst

    # A paragraph each: what combines with a neighbour is judged alone.
    body = "\n\n".join(f'#"\\u{{{ord(char):x}}}"' for char in characters)
    with tempfile.TemporaryDirectory(prefix="unmask-glyphs-") as folder:
        main = Path(folder) / "probe.typ"
        main.write_text(f'#set document(title: "probe")\n{_FONTS}{body}', encoding="utf-8")
        try:
            typst.compile(main, root=Path(folder), pdf_standards=["a-3a"])
        except typst.TypstError as error:
            return _named(error.diagnostic)
    return set()
