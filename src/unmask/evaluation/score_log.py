"""Our own score files: written row by row, so that an interrupted evaluation goes on."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from unmask.core.errors import DataError, InputNotFound, InputNotReadable
from unmask.core.files import whole
from unmask.datasets.lists import read_rows
from unmask.datasets.sample import Sample
from unmask.evaluation.scores import COLUMNS, FACTS, KNOWN, ScoreRow, read_scores

OURS = "scores.csv"
"""What the file of every evaluation of ours is called, in a folder of its own."""
INTERNAL = "internal"
"""Begins the error of a row that a bug of ours left without a score."""

_HEAD = (*COLUMNS, *KNOWN, *FACTS)
_PASSING = frozenset({InputNotFound.code, InputNotReadable.code, INTERNAL})
_LEFT_OUT = frozenset({"method", "frames", "segments"})
"""Attributes not among ``attributes``: one has its column, no two files share the long others."""


class ScoreLog:
    """Rows appended to a file, each on disk before the next file is scored."""

    def __init__(self, path: Path, *, by: str, fresh: bool = False) -> None:
        """Go on from what ``path`` holds, a row cut short dropped.

        :class:`DataError` where it holds the scores of another model or other options.
        """
        self.path, self._by = path, by
        if fresh:
            path.unlink(missing_ok=True)
        self._rows = {(row.path, row.condition): row for row in self._kept()}
        self._stream: IO[str] | None = None
        head, self._lines = _lines(path) if self._rows else (_HEAD, {})
        if head != _HEAD:  # of a version that wrote other columns: rows are appended to these
            self._write_anew()

    def settle(self, samples: Iterable[Sample], states: Mapping[str, str]) -> None:
        """Bring what is kept of ``samples`` in line with the index and with the disk.

        ``states`` are those of their files now, by path. Rows of a file that is another now, and
        of failures that may have passed, are taken out; what the index says is written anew. A
        file that is absent now says nothing against what was once scored, and keeps its rows.
        """
        by_path = {sample.path: sample for sample in samples}
        lines = {}
        for key, row in self._rows.items():
            sample = by_path.get(row.path)
            if sample is None:
                lines[key] = self._lines[key]
            elif not states[row.path] or _holds(row, states[row.path]):
                lines[key] = list(_cells(row, sample))
        if lines != self._lines:
            self._rows = {key: self._rows[key] for key in lines}
            self._lines = lines
            self._write_anew()

    def known(self, path: str, condition: str, state: str) -> ScoreRow | None:
        """The row of a file that is finished, if the file is still in that state."""
        row = self._rows.get((path, condition))
        return row if row is not None and _holds(row, state) else None

    def add(self, row: ScoreRow, sample: Sample) -> None:
        """Append the row of ``sample``, unless an absent file has one that was kept.

        :class:`DataError` where the disk refuses.
        """
        if (row.path, row.condition) in self._rows:
            return
        cells = list(_cells(row, sample))
        try:
            if self._stream is None:
                new = not self.path.exists()
                self._stream = self.path.open("a", encoding="utf-8", newline="")
                if new:
                    csv.writer(self._stream).writerow(_HEAD)
            csv.writer(self._stream).writerow(cells)
            self._stream.flush()
        except OSError as error:
            raise self._refused(error) from error
        self._rows[row.path, row.condition] = row
        self._lines[row.path, row.condition] = cells

    def rows(self) -> list[ScoreRow]:
        """All there are, in the order in which they were finished."""
        return list(self._rows.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _kept(self) -> Iterator[ScoreRow]:
        if not self.path.exists():
            return
        _drop_unfinished_line(self.path)
        if not self.path.stat().st_size:
            self.path.unlink()
            return
        rows = read_scores(self.path)
        if not rows:
            self.path.unlink()
        for row in rows:
            if row.by != self._by:
                raise DataError(
                    f"{self.path} holds scores of {row.by or 'another detector'}, "
                    f"not of {self._by}",
                    hint="choose another folder with --out, or begin anew with --fresh",
                )
            yield row

    def _write_anew(self) -> None:
        """All rows, whole or not at all."""
        self._close()
        try:
            with whole(self.path) as part, part.open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows((_HEAD, *self._lines.values()))
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> DataError:
        return DataError(
            f"cannot write {self.path}: {error.strerror or error}",
            hint="free space and run the same command again: finished files are kept",
        )


def _holds(row: ScoreRow, state: str) -> bool:
    """Whether a row still says all there is to say of its file."""
    passing = row.error.partition(":")[0] in _PASSING
    return bool(state) and row.file_state == state and not passing


def _lines(path: Path) -> tuple[tuple[str, ...], dict[tuple[str, str], list[str]]]:
    """The head, and the cells of each row in the order of the columns that are written now."""
    rows = read_rows(path)
    _, head = next(rows)
    found = {}
    for _, cells in rows:
        line = dict(zip(head, cells, strict=True))
        found[line["path"], line.get("condition", "")] = [line.get(name, "") for name in _HEAD]
    return tuple(head), found


def _cells(row: ScoreRow, sample: Sample) -> Iterator[str]:
    yield row.path
    yield row.condition
    yield "" if row.score is None else f"{row.score:.6f}"
    yield from (row.verdict, row.error)
    for values in (row.faces, row.frames, row.clips, row.stretches):
        yield " ".join(f"{value:.6f}" for value in values)
    yield " ".join(map(str, row.seen_in))
    yield from (row.by, row.file_state)
    yield from _told(sample)
    yield from (row.facts.get(name, "") for name in FACTS)


def _told(sample: Sample) -> Iterator[str]:
    """By ``KNOWN``. Of real files the method says where they come from, as in a list."""
    yield from (str(sample.label), sample.split)
    yield sample.method or sample.attributes.get("method", "")
    yield from (sample.source, ";".join(sample.identities))
    yield from (sample.dataset, sample.compression)
    kept = {name: value for name, value in sample.attributes.items() if name not in _LEFT_OUT}
    yield json.dumps(kept, sort_keys=True, ensure_ascii=False) if kept else ""


def _drop_unfinished_line(path: Path) -> None:
    """A kill in the middle of a row leaves it without its end."""
    data = path.read_bytes()
    finished = data[: data.rfind(b"\n") + 1]
    if len(finished) < len(data):
        with whole(path) as part:
            part.write_bytes(finished)
