"""Files of an index with what a detector said of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError
from unmask.datasets.sample import Sample
from unmask.evaluation.scores import ScoreRow, normal

NOT_IN_SCORES = "not-in-scores"
"""The error of a file of which a file of scores says nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One file: what it is, what was said of it, and which group it belongs to."""

    sample: Sample
    row: ScoreRow
    group: str = ""

    @property
    def label(self) -> int:
        """1 is manipulated."""
        return self.sample.label

    def decision(self, thresholds: Thresholds) -> str:
        """The verdict's label; where only a score is known, what the thresholds make of it."""
        score = self.row.score
        if score is None:
            return "unscored"
        if self.row.verdict:
            return self.row.verdict
        if score >= thresholds.high:
            return "manipulated"
        return "no-manipulation-found" if score < thresholds.low else "inconclusive"


def join(samples: Sequence[Sample], rows: Iterable[ScoreRow], root: Path) -> list[Case]:
    """Every sample with its row: by path, else by the end of the path; where none has, by name.

    The end of a row's path counts where scores come from another machine, whose folders have other
    names; that of a sample's where they are of an index that was joined with others since. A
    sample without a row has one that says so. :class:`DataError` where no row fits at all, or
    a sample has several.
    """
    known = {row.path: row for row in rows}
    direct = {normal(path): row for path, row in known.items()}
    found = [_find(direct, sample.path, root.as_posix()) for sample in samples]
    for by in (_by_end, _below):
        taken = {normal(row.path) for row in found if row is not None}
        free = {path: row for path, row in direct.items() if path not in taken}
        lacking = [sample for sample, row in zip(samples, found, strict=True) if row is None]
        rest = iter(by(lacking, free))
        found = [row or next(rest) for row in found]
    if not any(found):
        found = _by_name(samples, known)
    if not any(found):
        raise DataError(
            f"none of the {len(known)} files with a score is among the {len(samples)} of "
            f"{root}: {next(iter(known), 'nothing')!r} and {samples[0].path!r}, say",
            hint=_of_frames(samples, known)
            or "paths in the file of scores must be those of the index, or its file names",
        )
    blank = [ScoreRow(sample.path, None, error=NOT_IN_SCORES) for sample in samples]
    return [Case(s, row or none) for s, row, none in zip(samples, found, blank, strict=True)]


def _of_frames(samples: Sequence[Sample], rows: Iterable[str]) -> str:
    """The way out where the rows are pictures in the folders that the samples are, else ""."""
    folders = {PurePosixPath(sample.path).name for sample in samples}
    if not all(PurePosixPath(normal(row)).parent.name in folders for row in rows):
        return ""
    return (
        "each of its rows is one frame: put the folder into its column for the file, and the "
        "picture's name into a column 'frame'"
    )


def _find(rows: dict[str, ScoreRow], path: str, root: str) -> ScoreRow | None:
    """By the path in the index, or from the root of the disk; :class:`DataError` for both."""
    one, other = rows.get(normal(path)), rows.get(normal(f"{root}/{path}"))
    if one and other and one is not other:
        raise _several(path, one.path, other.path)
    return one or other


def _by_end(samples: Sequence[Sample], rows: Mapping[str, ScoreRow]) -> list[ScoreRow | None]:
    """By the longest end of a row's path that is a sample's whole path."""
    places = {normal(sample.path): at for at, sample in enumerate(samples)}
    found: list[ScoreRow | None] = [None] * len(samples)
    for path, row in rows.items():
        parts = PurePosixPath(path).parts
        ends = ("/".join(parts[start:]) for start in range(len(parts)))
        at = next((places[end] for end in ends if end in places), None)
        if at is None:
            continue
        before = found[at]
        if before is not None:
            raise _several(samples[at].path, before.path, row.path)
        found[at] = row
    return found


def _below(samples: Sequence[Sample], rows: Mapping[str, ScoreRow]) -> list[ScoreRow | None]:
    """By the longest end of a sample's path that is a row's whole path; a name alone is none."""
    found: list[ScoreRow | None] = []
    fits: dict[str, str] = {}
    for sample in samples:
        parts = PurePosixPath(normal(sample.path)).parts
        ends = ("/".join(parts[start:]) for start in range(1, len(parts) - 1))
        end = next((end for end in ends if end in rows), None)
        if end is not None and fits.setdefault(end, sample.path) != sample.path:
            raise _several(end, fits[end], sample.path)
        found.append(rows[end] if end is not None else None)
    return found


def _several(name: str, one: str, other: str) -> DataError:
    return DataError(
        f"the name {name!r} fits {one} and {other}",
        hint="write whole paths, as the index has them, into the file of scores",
    )


def _by_name(samples: Sequence[Sample], rows: dict[str, ScoreRow]) -> list[ScoreRow | None]:
    """By file name, else by the name without its suffix."""
    for end in (_name, _stem):
        names: defaultdict[str, list[str]] = defaultdict(list)
        for sample in samples:
            names[end(sample.path)].append(sample.path)
        by_name: defaultdict[str, list[ScoreRow]] = defaultdict(list)
        for path, row in rows.items():
            by_name[end(path)].append(row)
        shared = names.keys() & by_name.keys()
        for name in sorted(shared):
            if len(names[name]) > 1 or len(by_name[name]) > 1:
                several = names[name] if len(names[name]) > 1 else [r.path for r in by_name[name]]
                raise _several(name, *several[:2])
        if shared:
            return [next(iter(by_name.get(end(s.path), ())), None) for s in samples]
    return [None] * len(samples)


def _name(path: str) -> str:
    return PurePosixPath(normal(path)).name


def _stem(path: str) -> str:
    return PurePosixPath(normal(path)).stem


def scored(cases: Iterable[Case]) -> list[Case]:
    """Those with a score."""
    return [case for case in cases if case.row.score is not None]


def scores_of(cases: Iterable[Case]) -> NDArray[np.float64]:
    """Their scores, N; NaN where there is none."""
    found = [np.nan if case.row.score is None else case.row.score for case in cases]
    return np.array(found, dtype=np.float64)


def labels_of(cases: Iterable[Case]) -> NDArray[np.int64]:
    """Their labels, N."""
    return np.array([case.label for case in cases], dtype=np.int64)
