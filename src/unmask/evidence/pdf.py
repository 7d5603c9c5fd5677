"""A report as a PDF on A4, typeset by Typst: tagged, archivable (PDF/A-3a, PDF/UA-1)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from unmask.core.errors import UnmaskError
from unmask.core.extras import needing
from unmask.core.language import _, language, spoken
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
from unmask.evidence.glyphs import replace_missing, replace_named
from unmask.evidence.report import Report
from unmask.evidence.sections import compose
from unmask.evidence.text import shortened, visible

_STANDARDS = ["a-3a", "ua-1"]
_MAIN = "report.typ"
_LONGEST = 4000  # characters of one text: the typesetter fails at 64 kB in a line
_HASH, _SHORT, _FITS = 64, 24, 100  # characters


def pdf_report(report: Report) -> bytes:
    """The PDF file. It holds its fonts and pictures; nothing is fetched to make it.

    Raises :class:`MissingExtra` without the extra ``report``. Characters that no font of this
    machine has are written as their code points.
    """
    need_pdf()
    with tempfile.TemporaryDirectory(prefix="unmask-report-") as name:
        folder = Path(name)
        with spoken(report.language):
            content = replace_missing(_content(compose(report), folder))
        (folder / _MAIN).write_bytes((assets_folder() / "report" / _MAIN).read_bytes())
        return _typeset(folder, content, int(report.created_at.timestamp()))


def _typeset(folder: Path, content: str, created: int) -> bytes:
    """Compile, and again for as long as that makes what cannot be displayed fewer."""
    import typst

    while True:
        (folder / "report.json").write_text(content, encoding="utf-8")
        try:
            return typst.compile(
                folder / _MAIN,
                root=folder,
                pdf_standards=_STANDARDS,  # type: ignore[arg-type]
                timestamp=created,
            )
        except typst.TypstError as error:
            fewer = replace_named(content, error.diagnostic)
            if fewer == content:
                raise _failed(error.message) from error
            content = fewer
        except BaseException as error:
            # A bug in the typesetter, which is no Exception and must not end a server's thread.
            if type(error).__name__ == "PanicException":
                raise _failed(str(error)) from error
            raise


def _failed(why: str) -> UnmaskError:
    return UnmaskError(
        f"the PDF report could not be typeset: {why}",
        hint="write it as HTML instead, and report this as a fault of Unmask",
    )


def need_pdf() -> None:
    """:class:`MissingExtra` where :func:`pdf_report` could not work, before any work is done."""
    with needing("report", "a PDF report"):
        import typst  # noqa: F401


def _content(document: Document, folder: Path) -> str:
    """The document as JSON; its pictures become files in ``folder``."""
    pictures = _Files(folder)
    whole = {
        "title": document.title,
        "author": f"Unmask {__version__}",
        "subtitle": document.subtitle,
        "footer": document.footer,
        "language": language(),
        "page": _("Page"),
        "of": _("of"),
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
        return visible(shortened(value, _LONGEST))
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


def _paragraph(block: Paragraph, files: _Files) -> dict[str, Any]:
    return {"kind": "paragraph", **asdict(block)}


def _banner(block: Banner, files: _Files) -> dict[str, Any]:
    return {"kind": "banner", **asdict(block)}


def _facts(block: Facts, files: _Files) -> dict[str, Any]:
    return {"kind": "facts", "rows": block.rows, "exact": sorted(block.exact)}


def _table(block: Table, files: _Files) -> dict[str, Any]:
    return {
        "kind": "table",
        "headings": block.headings,
        "rows": block.rows,
        "numbers": sorted(block.numbers),
        "caption": block.caption,
        "widths": _widths(list(zip(block.headings, *block.rows, strict=True))),
    }


def _widths(columns: Sequence[Sequence[str]]) -> list[str]:
    """What each column takes: what it needs, room for half a hash, or a share of what is left.

    Only columns of a table that would not fit share, and of them those with long texts.
    """
    hashes = [{len(cell) for cell in cells[1:]} == {_HASH} for cells in columns]
    needs = [
        _HASH // 2 if hash else max(map(len, cells))
        for hash, cells in zip(hashes, columns, strict=True)
    ]
    fits = sum(needs) <= _FITS
    return [
        "hash" if hash else "own" if fits or need <= _SHORT else "rest"
        for hash, need in zip(hashes, needs, strict=True)
    ]


def _bullets(block: Bullets, files: _Files) -> dict[str, Any]:
    return {"kind": "bullets", "items": block.items}


def _gallery(block: Gallery, files: _Files) -> dict[str, Any]:
    figures = [
        {"file": files.add(one.jpeg, "jpg"), "alt": one.alt, "caption": one.caption}
        for one in block.figures
    ]
    return {"kind": "gallery", "columns": block.columns, "figures": figures}


def _plot(block: Plot, files: _Files) -> dict[str, Any]:
    name = files.add(block.svg("paper").encode(), "svg")
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
