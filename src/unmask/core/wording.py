"""Names and texts in one place for the terminal, the pages and the reports."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "manipulated": "Manipulated",
        "no-manipulation-found": "No manipulation found",
        "inconclusive": "Inconclusive",
        "no-face": "No face",
    }
)


def probability(value: float | None) -> str:
    """Two digits, and never a certainty that no model has."""
    if value is None:
        return "–"
    if value > 0.99:
        return "> 0.99"
    return "< 0.01" if value < 0.01 else f"{value:.2f}"


def precise_probability(value: float) -> str:
    """Four digits, for who calculates with it, and never a certainty either."""
    if value > 0.9999:
        return "> 0.9999"
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def spreadsheet_safe(text: str) -> str:
    """A text of somebody else's, such as a file name, that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text
