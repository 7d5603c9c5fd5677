"""The version, here so that every room may name it and pyproject.toml need not repeat it."""

from __future__ import annotations

__version__ = "0.1.0"
