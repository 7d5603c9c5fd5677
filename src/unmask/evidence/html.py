"""A report as one HTML file: no script, nothing fetched, readable in the dark and on paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from html import escape
from typing import Any

from unmask.core.language import language, spoken
from unmask.core.paths import assets_folder
from unmask.core.version import __version__
from unmask.evidence.document import (
    Banner,
    Block,
    Bullets,
    Document,
    Facts,
    Figure,
    Gallery,
    Paragraph,
    Plot,
    Section,
    Surface,
    Table,
)
from unmask.evidence.report import Report
from unmask.evidence.sections import compose
from unmask.evidence.text import visible


def html_report(report: Report) -> str:
    """The whole page, to be written as UTF-8. It carries its pictures and its style sheet."""
    with spoken(report.language):
        return _page(compose(report))


def report_csp() -> str:
    """The content security policy under which the page works: its own style, its own pictures.

    A server that sends the page sends this instead of its own policy.
    """
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'"


@cache
def _style() -> str:
    path = assets_folder() / "report" / "report.css"
    return "\n" + path.read_text(encoding="utf-8")


def _page(document: Document) -> str:
    body = "\n".join(_section(section) for section in document.sections)
    return f"""<!doctype html>
<html lang="{language()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(report_csp())}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Unmask {__version__}">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>{_text(document.title)}</title>
<style>{_style()}</style>
</head>
<body>
<header>
<h1><bdi>{_text(document.title)}</bdi></h1>
<p class="subtitle">{_text(document.subtitle)}</p>
</header>
<main>
{body}
</main>
<footer><p class="small exact">{_text(document.footer)}</p></footer>
</body>
</html>
"""


def _section(section: Section) -> str:
    heading = f"<h{section.level}>{_text(section.title)}</h{section.level}>"
    return "\n".join([heading, *(_block(block) for block in section.blocks)])


def _block(block: Block) -> str:
    return _RENDERERS[type(block)](block)


def _paragraph(block: Paragraph) -> str:
    look = "" if block.style == "plain" else f' class="{block.style}"'
    opening = f"<strong>{_text(block.strong)}</strong> " if block.strong else ""
    return f"<p{look}>{opening}{_text(block.text)}</p>"


def _banner(block: Banner) -> str:
    return (
        f'<div class="banner {block.label}"><p class="name">{_text(block.name)}</p>'
        f'<p class="figure">{_text(block.figure)}</p><p>{_text(block.text)}</p></div>'
    )


def _facts(block: Facts) -> str:
    rows = "".join(
        f"<dt>{_text(name)}</dt><dd{_exact(name in block.exact)}><bdi>{_text(value)}</bdi></dd>"
        for name, value in block.rows
    )
    return f"<dl>{rows}</dl>"


def _exact(wanted: bool) -> str:
    return ' class="exact"' if wanted else ""


def _table(block: Table) -> str:
    caption = f"<caption>{_text(block.caption)}</caption>" if block.caption else ""
    head = "".join(
        f'<th scope="col"{_number(block, i)}>{_text(words)}</th>'
        for i, words in enumerate(block.headings)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(
            f"<td{_number(block, i)}><bdi>{_text(cell)}</bdi></td>" for i, cell in enumerate(row)
        )
        + "</tr>"
        for row in block.rows
    )
    # Focusable, so that a table wider than the screen can be scrolled by keyboard.
    label = _text(block.caption or ", ".join(block.headings))
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{label}"><table>{caption}'
        f"<thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>"
    )


def _number(block: Table, column: int) -> str:
    return ' class="n"' if column in block.numbers else ""


def _bullets(block: Bullets) -> str:
    return "<ul>" + "".join(f"<li>{_text(item)}</li>" for item in block.items) + "</ul>"


def _gallery(block: Gallery) -> str:
    figures = "\n".join(_figure(figure) for figure in block.figures)
    return f'<div class="gallery of-{block.columns}">\n{figures}\n</div>'


def _figure(figure: Figure) -> str:
    data = base64.b64encode(figure.jpeg).decode()
    return (
        f'<figure><img alt="{_text(figure.alt)}" src="data:image/jpeg;base64,{data}">'
        f"<figcaption>{_text(figure.caption)}</figcaption></figure>"
    )


def _plot(block: Plot) -> str:
    """Drawn twice, for wide windows and for phones; the style sheet shows the one that fits."""
    surfaces: tuple[Surface, ...] = ("page", "phone")
    drawn = "".join(
        block.svg(one).replace(
            "<svg ", f'<svg class="for-{one}" role="img" aria-label="{_text(block.alt)}" ', 1
        )
        for one in surfaces
    )
    return f'<figure class="plot">{drawn}<figcaption>{_text(block.caption)}</figcaption></figure>'


def _text(text: str) -> str:
    return escape(visible(text))


_RENDERERS: dict[type[Block], Callable[[Any], str]] = {
    Paragraph: _paragraph,
    Banner: _banner,
    Facts: _facts,
    Table: _table,
    Bullets: _bullets,
    Gallery: _gallery,
    Plot: _plot,
}
