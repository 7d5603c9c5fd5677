"""A report as a PDF on A4, typeset by Typst: tagged, archivable (PDF/A-3a, PDF/UA-1)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import Any

from unmask.core.errors import MissingExtra, UnmaskError
from unmask.core.paths import assets_folder
from unmask.core.version import __version__
from unmask.evidence.document import (
    Banner,
    Block,
    Bullets,
    Document,
    Facts,
    Gallery,
    Paragraph,
    Plot,
    Table,
)
from unmask.evidence.glyphs import replace_missing
from unmask.evidence.report import Report
from unmask.evidence.sections import compose
from unmask.evidence.text import visible

_STANDARDS = ["a-3a", "ua-1"]
_HASH, _SHORT = 64, 24


def pdf_report(report: Report) -> bytes:
    """The PDF file. It holds its fonts and pictures; nothing is fetched to make it.

    Raises :class:`MissingExtra` without the extra ``report``. Characters that no font of this
    machine has are written as their code points.
    """
    need_pdf()
    import typst

    with tempfile.TemporaryDirectory(prefix="unmask-report-") as name:
        folder = Path(name)
        content = _content(compose(report), folder)
        (folder / "report.json").write_text(replace_missing(content), encoding="utf-8")
        template = assets_folder() / "report" / "report.typ"
        main = folder / "report.typ"
        main.write_bytes(template.read_bytes())
        try:
            made: bytes = typst.compile(
                main,
                root=folder,
                pdf_standards=_STANDARDS,  # type: ignore[arg-type]
                timestamp=int(report.created_at.astimezone(UTC).timestamp()),
            )
        except typst.TypstError as error:
            raise UnmaskError(
                f"the PDF report could not be typeset: {error.message}",
                hint="write it as HTML instead, and report this as a fault of Unmask",
            ) from error
    return made


def need_pdf() -> None:
    """:class:`MissingExtra` where :func:`pdf_report` could not work, before any work is done."""
    try:
        import typst  # noqa: F401
    except ImportError as error:
        raise MissingExtra.named("report", "a PDF report") from error


def _content(document: Document, folder: Path) -> str:
    """The document as JSON; its pictures become files in ``folder``."""
    pictures = _Files(folder)
    whole = {
        "title": document.title,
        "author": f"Unmask {__version__}",
        "subtitle": document.subtitle,
        "footer": document.footer,
        "sections": [
            {
                "title": section.title,
                "level": section.level,
                "blocks": [_BLOCKS[type(block)](block, pictures) for block in section.blocks],
            }
            for section in document.sections
        ],
    }
    return json.dumps(_shown(whole), ensure_ascii=False)


def _shown(value: Any) -> Any:
    """The same with every text made visible."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {key: _shown(one) for key, one in value.items()}
    return [_shown(one) for one in value] if isinstance(value, list | tuple) else value


class _Files:
    """Numbered files in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def add(self, content: bytes, suffix: str) -> str:
        self._count += 1
        name = f"picture-{self._count}.{suffix}"
        (self._folder / name).write_bytes(content)
        return name


def _paragraph(block: Paragraph, _: _Files) -> dict[str, Any]:
    return {"kind": "paragraph", **asdict(block)}


def _banner(block: Banner, _: _Files) -> dict[str, Any]:
    return {"kind": "banner", **asdict(block)}


def _facts(block: Facts, _: _Files) -> dict[str, Any]:
    return {"kind": "facts", "rows": block.rows, "exact": sorted(block.exact)}


def _table(block: Table, _: _Files) -> dict[str, Any]:
    return {
        "kind": "table",
        "headings": block.headings,
        "rows": block.rows,
        "numbers": sorted(block.numbers),
        "caption": block.caption,
        "widths": [_width([row[i] for row in block.rows]) for i in range(len(block.headings))],
    }


def _width(cells: Sequence[str]) -> str:
    """What a column takes: as much as it needs, room for half a hash, or a share of the rest."""
    longest = max(map(len, cells), default=0)
    if longest == _HASH and all(len(cell) == _HASH for cell in cells):
        return "hash"
    return "rest" if longest > _SHORT else "own"


def _bullets(block: Bullets, _: _Files) -> dict[str, Any]:
    return {"kind": "bullets", "items": block.items}


def _gallery(block: Gallery, files: _Files) -> dict[str, Any]:
    figures = [
        {"file": files.add(one.jpeg, "jpg"), "alt": one.alt, "caption": one.caption}
        for one in block.figures
    ]
    return {"kind": "gallery", "columns": block.columns, "figures": figures}


def _plot(block: Plot, files: _Files) -> dict[str, Any]:
    name = files.add(block.svg(False).encode(), "svg")
    return {"kind": "plot", "file": name, "alt": block.alt, "caption": block.caption}


_BLOCKS: dict[type[Block], Callable[[Any, _Files], dict[str, Any]]] = {
    Paragraph: _paragraph,
    Banner: _banner,
    Facts: _facts,
    Table: _table,
    Bullets: _bullets,
    Gallery: _gallery,
    Plot: _plot,
}
