"""The version, here so that every room may name it and pyproject.toml need not repeat it."""

from __future__ import annotations

__version__ = "0.1.0"

JUDGING = 2
"""The number of the way in which files are judged, raised whenever another result may come of the
same file, model and options. An earlier result is used again only where it has this number.

``tools/write_judging.py`` raises it; a test asks for that tool when code that judges has changed.
"""
