"""What a report says, before it is laid out: sections of blocks, rendered as HTML and as PDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from unmask.core.analysis import Label

Surface = Literal["page", "phone", "paper"]
"""What is drawn on. A phone is as narrow as a few words: a drawing for a page is too fine there."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. ``strong`` is a phrase in bold that opens it."""

    text: str
    strong: str = ""
    style: Literal["plain", "small", "warning"] = "plain"


@dataclass(frozen=True, slots=True)
class Banner:
    """The verdict, large: its name, its number, and one sentence."""

    label: Label
    name: str
    figure: str
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and their values. A name in ``exact`` has a value that must be read digit by digit."""

    rows: tuple[tuple[str, str], ...]
    exact: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings. ``numbers`` are the columns, from 0, that are set to the right."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture as a JPEG file, with what it shows for those who cannot see it."""

    jpeg: bytes = field(repr=False)
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """Figures in rows of at most ``columns``."""

    figures: tuple[Figure, ...]
    columns: int


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing. ``svg`` makes it, for a page that can be dark, the same on a phone, or paper."""

    svg: Callable[[Surface], str] = field(repr=False)
    alt: str
    caption: str


Block = Paragraph | Banner | Facts | Table | Bullets | Gallery | Plot


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it; ``level`` 2 or, for a part of the one before, 3."""

    title: str
    blocks: tuple[Block, ...]
    level: Literal[2, 3] = 2


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report. ``footer`` stands on every page of paper."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    footer: str
