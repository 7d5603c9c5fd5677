"""Text that is safe to print: nothing invisible, nothing that turns the line around."""

from __future__ import annotations

import unicodedata

from unmask.core.language import _, local

# Cf holds joiners that scripts and emoji need; the rest of it reorders or hides text.
_JOINERS = frozenset("\u200c\u200d")
_SPOKEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_SPACES = dict.fromkeys(map(ord, "\t\n\r\u2028\u2029"), " ")


def visible(text: str) -> str:
    """The text with control, bidirectional-override and unassigned characters as ``‹U+202E›``.

    A file may be named so that it looks like another; a report must show what it is called.
    """
    plain = text.translate(_SPACES)
    return "".join(
        named(char) if unicodedata.category(char) in _SPOKEN and char not in _JOINERS else char
        for char in plain
    )


def named(char: str) -> str:
    """One character by its code point, such as ``‹U+1F3AC›``."""
    return f"‹U+{ord(char):04X}›"


def shortened(text: str, most: int = 400) -> str:
    """At most ``most`` characters, saying how many were left out."""
    if len(text) <= most:
        return text
    more = _("%(n)s more characters", n=local(f"{len(text) - most:,}"))
    return f"{text[:most]}… ({more})"
