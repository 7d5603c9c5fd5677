"""Consoles for results (stdout) and for everything else (stderr), and text that is safe on them."""

from __future__ import annotations

import os
import sys
import unicodedata
from contextlib import suppress

from rich.console import Console

_UNSAFE = {"Cc", "Cs", "Cf", "Zl", "Zp"}
_JOINER = "\u200d"  # joins emoji, and cannot turn or hide text
_NO_WRAPPING = 10_000


def printable(text: str) -> str:
    """Text with every character escaped that steers the terminal, or hides or turns text.

    File names come from anywhere; an escape sequence in one must not colour, clear or retitle.
    """
    return "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if unicodedata.category(character) in _UNSAFE and character != _JOINER:
        return character.encode("unicode_escape").decode("ascii")
    return character


class _Results(Console):
    """Where the reader goes away, Rich leaves with 1, which has another meaning here."""

    def on_broken_pipe(self) -> None:
        """Leave it to :func:`unmask.cli.app.main`."""
        raise BrokenPipeError


def results_console() -> Console:
    """Stdout. In a pipe without colours, and never wrapped."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _NO_WRAPPING
    return _Results(width=width, highlight=False, markup=False, emoji=False)


def notes_console() -> Console:
    """Stderr."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def note(text: str, hint: str = "") -> None:
    """A line on stderr, and what to do about it on the next. Nothing where it is full."""
    with suppress(OSError):
        print(f"unmask: {printable(text)}", file=sys.stderr)
        if hint:
            print(f"        {printable(hint)}", file=sys.stderr)
