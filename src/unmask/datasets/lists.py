"""Lists and metadata that data sets come with: JSON, CSV and plain lines, refused by name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from unmask.core.errors import DataError

_AGAIN = "it may be cut short or edited; download it again"


def read_text(path: Path) -> str:
    """The file as UTF-8, a byte-order mark dropped."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}",
            hint=f"if you saved it yourself, save it as UTF-8; else {_AGAIN}",
        ) from error
    except OSError as error:
        raise DataError(
            f"cannot read {path}: {error.strerror}", hint="check that it is there and readable"
        ) from error


def read_json(path: Path) -> Any:
    """The document; :class:`DataError` names line and column where it is malformed."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}",
            hint=_AGAIN,
        ) from error
    except RecursionError as error:
        raise DataError(
            f"{path} is nested too deeply for a data set's list", hint=_AGAIN
        ) from error


def read_table(path: Path) -> dict[str, dict[str, Any]]:
    """A JSON object of objects, as in ``{"file": {"label": …}}``."""
    document = read_json(path)
    if not isinstance(document, dict) or not all(isinstance(v, dict) for v in document.values()):
        raise DataError(f"{path} should map each file to an object with its label", hint=_AGAIN)
    return document


def read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows of a CSV with their line numbers, empty ones left out."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error as error:
        raise DataError(
            f"{path} is not CSV: {error} in line {reader.line_num}", hint=_AGAIN
        ) from error


def columns_of(path: Path, head: Sequence[str]) -> dict[str, int]:
    """Where each column is, by its name in small letters; columns without a name are left out.

    :class:`DataError` where two have the same name: which of them would count?
    """
    found: dict[str, int] = {}
    for at, name in enumerate(head):
        if name.casefold() in found:
            raise DataError(
                f"{path} has two columns {name} in its first line", hint="rename or delete one"
            )
        if name:
            found[name.casefold()] = at
    return found


def begin_with(example: str, head: Sequence[str]) -> str:
    """The hint for a CSV whose first line, ``head``, lacks a column."""
    apart = "; commas keep columns apart" if len(head) == 1 and set(head[0]) & set(";\t") else ""
    return f"begin it with a line such as {example}{apart}"


def read_records(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a CSV by the names in its first line, each with the columns ``needed`` at least."""
    rows = read_rows(path)
    _, head = next(rows, (0, []))
    missing = [name for name in needed if name not in head]
    if missing:
        raise DataError(
            f"{path} has no column {missing[0]} in its first line",
            hint=f"it needs {', '.join(needed)}",
        )
    found = []
    for line, cells in rows:
        found.append(dict(zip(head, cells, strict=False)))
        if not found[-1].keys() >= set(needed):
            why = f"{len(cells)} cells where the head has {len(head)}"
            raise malformed(path, line, why, "correct that line")
    return found


def read_lines(path: Path) -> list[tuple[int, str]]:
    """Lines with their numbers, stripped, empty ones left out."""
    lines = enumerate((line.strip() for line in read_text(path).splitlines()), start=1)
    return [(number, line) for number, line in lines if line]


def malformed(path: Path, line: int, why: str, hint: str = _AGAIN) -> DataError:
    """The error for a line that does not say what it should."""
    return DataError(f"{path}, line {line}: {why}", hint=hint)
