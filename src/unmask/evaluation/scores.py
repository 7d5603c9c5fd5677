"""Score files: CSV with a row a file, ours or any detector's."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath, PurePosixPath

from unmask.core.errors import DataError
from unmask.datasets.lists import begin_with, columns_of, read_rows

COLUMNS = (
    "path", "condition", "score", "verdict", "error", "faces", "frames", "clips", "stretches",
    "seen_in", "by", "file_state",
)  # fmt: skip
KNOWN = (
    "label", "split", "method", "source", "identity", "dataset", "compression", "attributes",
)  # fmt: skip
"""What the index says of the file: so a file of scores can be evaluated without its index."""
_OURS = frozenset({"condition", "by"})  # since the first version
FACTS = (
    "kind", "container", "codec", "width", "height", "fps", "duration_s", "bytes", "face_px",
    "face_x", "face_y", "face_count", "black_bars", "sha256",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """What a detector said of one file.

    ``score`` rises with manipulation and is None where there is none; then ``error`` says why
    (an error's code, a verdict's reason). ``verdict`` is a label of ``unmask.analysis/1`` or "".
    ``condition`` is "" for the file as it is, else a distortion such as ``jpeg:3``. ``faces``,
    ``frames`` and ``clips`` are P(manipulated) of the judged faces, of the frames and, by the
    temporal network alone, of the clips; ``stretches`` that of each clip that counted as if its
    face were seen there alone; ``seen_in`` how many stretches show each of ``faces``, 0 where no
    clip does or the face is still, and judged as a picture. ``by`` names what scored, ``facts``
    what else is known of the file (``FACTS``).
    ``file_state`` is that of :func:`unmask.datasets.state.file_state` before it was scored.
    """

    path: str
    score: float | None
    verdict: str = ""
    error: str = ""
    condition: str = ""
    faces: tuple[float, ...] = ()
    frames: tuple[float, ...] = ()
    clips: tuple[float, ...] = ()
    stretches: tuple[float, ...] = ()
    seen_in: tuple[int, ...] = ()
    by: str = ""
    file_state: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def read_scores(path: Path) -> list[ScoreRow]:
    """The rows of a score file. The file is named in every :class:`DataError`.

    Needed are a column for the file (``path``, ``file``, ``filename``, ``video``, ``id`` or
    ``name``) and ``score`` (or ``prob``, ``probability``, ``prediction``, ``logit``, of which the
    logistic function makes a probability); an empty score says that there is none. The same row
    again is nothing new. With a column ``frame``, rows are single frames, one each, and a file's
    score is the mean of those that have one. Further columns are read of our own files alone: in
    others' ``frames`` may be how many, and ``verdict`` any word.
    """
    lines = read_rows(path)
    try:
        _, head = next(lines)
    except StopIteration:
        raise DataError(f"{path} is empty", hint="it should begin with path,score") from None
    columns = columns_of(path, head)
    name_at, score_at = column_of(path, columns, NAMES), column_of(path, columns, SCORES)
    score_of = _probability if head[score_at].casefold() == LOGIT else _number
    if not is_ours(columns):
        columns = {name: at for name, at in columns.items() if name in ("frame", "error")}

    def scored() -> Iterator[_Scored]:
        for line, cells in lines:
            if len(cells) != len(head):
                raise _wrong(path, line, f"{len(cells)} cells where the head has {len(head)}")
            yield line, cells, cells[name_at], score_of(path, line, cells[score_at])

    if "frame" in columns:
        return _by_frames(path, scored(), columns["frame"])
    return _by_rows(path, scored(), columns)


_Scored = tuple[int, list[str], str, float | None]
"""A line's number, its cells, the file's name in it and its score."""


def _by_rows(path: Path, found: Iterable[_Scored], columns: Mapping[str, int]) -> list[ScoreRow]:
    rows: dict[tuple[str, str], ScoreRow] = {}
    for line, cells, name, score in found:
        row = _row(path, line, cells, columns, name, score)
        before = rows.setdefault((normal(name), row.condition), row)
        if replace(before, path=name) != row:
            why = f"{name} is scored twice"
            raise _wrong(path, line, why, "of several files of one name write the paths; rows of "
                         "single frames need a column 'frame'")  # fmt: skip
    return list(rows.values())


def _by_frames(path: Path, found: Iterable[_Scored], frame_at: int) -> list[ScoreRow]:
    framed: dict[str, dict[str, float | None]] = {}
    names: dict[str, str] = {}
    for line, cells, said, score in found:
        name, frame = names.setdefault(normal(said), said), cells[frame_at]
        if framed.setdefault(name, {}).setdefault(frame, score) != score:
            why = f"frame {frame} of {name} is scored twice"
            way_out = "of several faces, give one score, of several files of one name their paths"
            raise _wrong(path, line, f"{why}; {way_out}")
    rows = []
    for name, frames in framed.items():
        scores = tuple(score for score in frames.values() if score is not None)
        mean = math.fsum(scores) / len(scores) if scores else None
        error = "" if scores else NO_SCORE
        rows.append(ScoreRow(name, mean, error=error, frames=scores))
    return rows


def normal(path: str) -> str:
    """One of several ways to write the same path: forward slashes, no ``./``, none doubled."""
    return str(PurePosixPath(PurePath(path).as_posix().replace("\\", "/")))


def is_ours(columns: Collection[str]) -> bool:
    """Whether a file with these columns is one that an evaluation of ours wrote."""
    return set(columns) >= _OURS


def has_scores(path: Path) -> bool:
    """Whether a file is a CSV with a column of scores, and so no list of files."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    return not set(SCORES).isdisjoint(_head(path))


def has_labels(path: Path) -> bool:
    """Whether a file of scores says itself which files are manipulated."""
    return "label" in _head(path)


def _head(path: Path) -> list[str]:
    _, head = next(read_rows(path), (0, []))
    return [name.casefold() for name in head]


NO_SCORE = "no-score"
"""The error of a file whose score somebody left empty."""
NAMES = ("path", "file", "filename", "video", "id", "name")
LOGIT = "logit"
SCORES = ("score", "prob", "probability", "prediction", LOGIT)


def column_of(path: Path, columns: Mapping[str, int], names: tuple[str, ...]) -> int:
    """Where the first of these columns is. :class:`DataError` where there is none of them."""
    for name in names:
        if name in columns:
            return columns[name]
    raise DataError(
        f"{path} has no column {', '.join(names[:-1])} or {names[-1]} in its first line: "
        f"{', '.join(columns)}",
        hint=begin_with("path,score", list(columns)),
    )


def _row(
    path: Path,
    line: int,
    cells: list[str],
    columns: Mapping[str, int],
    name: str,
    score: float | None,
) -> ScoreRow:
    def cell(column: str) -> str:
        return cells[columns[column]] if column in columns else ""

    def numbers(column: str) -> tuple[float, ...]:
        found = [_number(path, line, part) for part in cell(column).split()]
        return tuple(value for value in found if value is not None)

    return ScoreRow(
        path=name,
        score=score,
        verdict=cell("verdict"),
        error=cell("error") or ("" if score is not None else NO_SCORE),
        condition=cell("condition"),
        faces=numbers("faces"),
        frames=numbers("frames"),
        clips=numbers("clips"),
        stretches=numbers("stretches"),
        seen_in=tuple(int(value) for value in numbers("seen_in")),
        by=cell("by"),
        file_state=cell("file_state"),
        facts={name: cell(name) for name in FACTS if cell(name)},
    )


def _number(path: Path, line: int, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(
            f"{path}, line {line}: {text!r} is no score",
            hint="a score is a number that rises with manipulation; leave it empty for none",
        )
    return value


def _probability(path: Path, line: int, text: str) -> float | None:
    """Of a logit; no exponential of a large number is taken."""
    logit = _number(path, line, text)
    if logit is None:
        return None
    small = math.exp(-abs(logit))
    return (1 if logit >= 0 else small) / (1 + small)


def _wrong(path: Path, line: int, why: str, hint: str = "correct the file of scores") -> DataError:
    return DataError(f"{path}, line {line}: {why}", hint=hint)
