"""A CSV that lists labelled files, for sets that come in no layout of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from unmask.core.errors import DataError
from unmask.datasets.draft import Draft, LoadOptions
from unmask.datasets.index import Index
from unmask.datasets.lists import begin_with, columns_of, malformed, read_rows
from unmask.datasets.sample import MANIPULATED, REAL, UNKNOWN, Kind, Sample
from unmask.datasets.tree import PICTURES, Tree, tidy
from unmask.datasets.words import label_of, split_of

LIST = "list"
_FILE = ("file", "path", "filename", "video")
_NUMBERS = {"0": REAL, "1": MANIPULATED, "0.0": REAL, "1.0": MANIPULATED}
_CORRECT = "correct that line"
_WHERE = "correct the list, or say with --root in which folder its paths begin"
_DEFAULT = LoadOptions()


def index_list(path: Path, *, root: Path | None = None, options: LoadOptions = _DEFAULT) -> Index:
    """Read a CSV with the columns ``file`` and ``label`` (1 or "manipulated", 0 or "real").

    ``method``, ``split``, ``identity`` (several by ``;``), ``source``, ``dataset`` and
    ``compression`` are taken as in :class:`Sample`, every other column as an attribute; of real
    files ``method`` says where they come from and is kept as an attribute. Files lie in ``root``,
    else in the folder named as the list beside it, else beside the list.

    :class:`DataError` names the line that is wrong, or the files that are absent.
    """
    home = root or _home(path)
    rows = read_rows(path)
    _, head = next(rows, (0, []))
    columns = columns_of(path, head)
    name = next((name for name in _FILE if name in columns), None)
    if name is None or "label" not in columns:
        raise DataError(
            f"{path} is no list of files: its first line has no columns file and label: "
            f"{', '.join(head) or 'it is empty'}",
            hint=begin_with("file,label,method,source", head),
        )
    draft = Draft(Tree(home.resolve()), path.stem, options)
    missing, listed, before = [], 0, dict[str, Sample]()
    for line, cells in rows:
        if len(cells) != len(head):
            why = f"{len(cells)} cells where the head has {len(head)}"
            raise malformed(path, line, why, _CORRECT)
        row = {column: cells[at] for column, at in columns.items()}
        file, listed = _within(path, line, home, row.pop(name)), listed + 1
        if (home / file).exists():
            sample = sample_of(path, line, file, row, kind=_kind(home, file))
            draft.add(sample, f"line {line} of {path.name}")
            if unlike := contradiction(before.setdefault(file, sample), sample):
                raise malformed(path, line, f"{file} has another {unlike} than before", _CORRECT)
        else:
            missing.append(file)
    if not listed:
        raise DataError(f"{path} names no files", hint="a line for each file follows the first")
    draft.lack_files("", missing, listed, path.name, fix=_WHERE)
    samples = draft.finish()
    return Index(home.resolve(), LIST, tuple(samples), tuple(draft.notes))


def _within(path: Path, line: int, home: Path, said: str) -> str:
    """The path of a file, relative to ``home``; refused where it is one of another folder."""
    file, whole = tidy(said), Path(said)
    if not whole.is_absolute() or (home / file).exists() or not whole.exists():
        return file
    for folder in (home, home.resolve()):
        if whole.is_relative_to(folder):
            return whole.relative_to(folder).as_posix()
    raise malformed(
        path, line, f"{said} does not lie in {home}", "name the folder of all files with --root"
    )


def _home(path: Path) -> Path:
    beside = path.with_suffix("")
    return beside if path.suffix and beside.is_dir() else path.parent


def sample_of(path: Path, line: int, file: str, row: Mapping[str, str], *, kind: Kind) -> Sample:
    """What a line says of ``file``, its cells by column. :class:`DataError` for a wrong one."""
    said = row["label"]
    label = _NUMBERS.get(said, label_of(said))
    if label is None:
        raise malformed(path, line, f"{said!r} is no label: 1 is manipulated, 0 is real", _CORRECT)
    split = split_of(row.get("split", ""))
    if row.get("split") and not split:
        raise malformed(path, line, f"{row['split']!r} is no split: train, val or test", _CORRECT)
    people = row.get("identity", "") or row.get("identities", "")
    known = {"label", "split", "identity", "identities", "source", "dataset", "compression", "kind"}
    attributes = {key: value for key, value in row.items() if value and key not in known}
    return Sample(
        path=file,
        label=label,
        dataset=row.get("dataset", ""),
        method=row.get("method", "") or UNKNOWN,
        split=split,
        identities=tuple(name for part in people.split(";") if (name := part.strip())),
        source=row.get("source", ""),
        compression=row.get("compression", ""),
        kind=kind,
        attributes=attributes,
    )


_ONE_EACH = ("method", "split", "identities", "source", "dataset", "compression")


def contradiction(one: Sample, other: Sample) -> str:
    """What two lines say differently of one file, "" where they agree.

    A line may leave out what another says, and attributes may differ.
    """
    if one.label != other.label:
        return "label"
    for name in _ONE_EACH:
        said = {getattr(one, name), getattr(other, name)} - {"", ()}
        if len(said) > 1:
            return name
    return ""


def _kind(home: Path, file: str) -> Kind:
    if (home / file).is_dir():
        return "frames-folder"
    return kind_by_name(file)


def kind_by_name(file: str) -> Kind:
    """What a file is by its suffix."""
    return "image" if PurePosixPath(file).suffix.lower() in PICTURES else "video"
