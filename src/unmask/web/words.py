"""Texts in the reader's language."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext


def _(text: str, **values: Any) -> str:
    """The text in the language of the request, with ``%(name)s`` filled in."""
    return str(gettext(text, **values))
