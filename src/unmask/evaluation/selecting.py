"""Which files are evaluated: a split of an index, or what a labelled file of scores lists."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from unmask.core.errors import DataError
from unmask.datasets.index import Index
from unmask.datasets.listing import contradiction, kind_by_name, sample_of
from unmask.datasets.lists import columns_of, malformed, read_rows
from unmask.datasets.sample import Sample, Split
from unmask.evaluation.cases import NOT_IN_SCORES, Case, join
from unmask.evaluation.scores import (
    COLUMNS,
    FACTS,
    NAMES,
    SCORES,
    column_of,
    has_labels,
    is_ours,
    normal,
    read_scores,
)
from unmask.runtime import ModelPackage

Wanted = Literal["auto", "all", "train", "val", "test"]


def select(index: Index, wanted: Wanted = "auto") -> tuple[list[Sample], str]:
    """The samples of a split, and its name, "" where there are none.

    ``auto`` takes ``test`` where the index has splits, else everything. :class:`DataError` where
    the split is empty.
    """
    counted = Counter(sample.split for sample in index)
    split = wanted
    if wanted == "auto":
        split = "all" if set(counted) == {""} else "test"
    kept = [sample for sample in index if split in ("all", sample.split)]
    if not kept:
        raise DataError(
            f"the index has no files in the split '{split}', only in: {_named(counted)}",
            hint="name one with --split, or --split all",
        )
    return kept, "" if split == "all" else split


def for_calibration(index: Index, path: Path) -> tuple[list[Sample], str]:
    """The validation split, or everything where there are no splits.

    :class:`DataError` where there is no validation split but others: what was calibrated on a
    test split has no test left, and on what was trained on, every detector is sure of itself.
    """
    counted = Counter(sample.split for sample in index)
    if set(counted) == {""}:
        return list(index), ""
    kept = [sample for sample in index if sample.split == "val"]
    if not kept:
        raise DataError(
            f"{path} has no validation split to calibrate on, only: {_named(counted)}",
            hint="hold files out of training as 'val', neither test nor training files will do; "
            "of an index that has them, give the index, or scores of: unmask evaluate --split val",
        )
    return kept, "val"


def _named(splits: Counter[Split]) -> str:
    return ", ".join(f"{name or 'none'} ({count})" for name, count in sorted(splits.items()))


def made_by(package: ModelPackage, cases: Sequence[Case], path: Path) -> None:
    """Refuse scores of another model, or of this one with another calibration."""
    model = package.reference()
    wanted = f"{model.name}-{model.version}@{model.sha256[:12]}/"
    for case in cases:
        by = case.row.by
        if case.row.score is not None and not by.startswith(wanted):
            raise DataError(
                f"{path} holds scores of {by or 'another detector'}, not of {model.name} "
                f"{model.version} as it is now",
                hint="score the files with it: unmask evaluate MODEL INDEX --split val",
            )


def index_of_scores(path: Path) -> Index:
    """The index that a file of scores is itself, where it has a column ``label``."""
    rows = read_rows(path)
    _, head = next(rows, (0, []))
    columns = columns_of(path, head)
    name = list(columns)[column_of(path, columns, NAMES)]
    if "label" not in columns:
        raise DataError(
            f"{path} has no labels, and no index was named",
            hint="name an index after the options, or give the file a column label (1 manipulated)",
        )
    said = _SAID if is_ours(columns) else _SAID_BY_OTHERS
    samples: dict[str, Sample] = {}
    for line, cells in rows:
        if len(cells) != len(head):
            why = f"{len(cells)} cells where the head has {len(head)}"
            raise malformed(path, line, why, "correct the file of scores")
        row = {column: cells[at] for column, at in columns.items()}
        file = row.pop(name)
        more = _attributes(row)
        cleaned = {key: value for key, value in row.items() if key not in said}
        sample = sample_of(path, line, file, {"label": "", **cleaned}, kind=kind_by_name(file))
        sample = replace(sample, attributes={**sample.attributes, **more})
        if not sample.label:  # as in an index: where real files come from is an attribute
            sample = replace(sample, method="")
        unlike = contradiction(samples.setdefault(normal(file), sample), sample)
        if unlike:
            raise malformed(
                path, line, f"{file} has another {unlike} than before", "correct the file of scores"
            )
    return Index(path.parent, "scores", tuple(samples[key] for key in sorted(samples)))


_SAID_BY_OTHERS = frozenset({*SCORES, "error", "frame"})
_SAID = frozenset({*COLUMNS, *FACTS, *_SAID_BY_OTHERS})
"""Columns that are about scores and files, and no attributes to group by."""


def _attributes(row: dict[str, str]) -> dict[str, str]:
    """Taken out of the column in which our own files of scores keep those of the index."""
    try:
        found = json.loads(row.get("attributes", ""))
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    del row["attributes"]
    return {name: str(value) for name, value in found.items()}


def cases_of_file(path: Path, samples: Sequence[Sample], root: Path) -> list[Case]:
    """The samples with the scores that a file has of them. :class:`DataError`."""
    rows = [row for row in read_scores(path) if not row.condition]
    cases = join(samples, rows, root)
    _check_labels(path, cases)
    return cases


def _check_labels(path: Path, cases: Sequence[Case]) -> None:
    """Refuse a file of scores whose own labels say the opposite of the index.

    :class:`DataError`: scores made with 1 for real would turn every figure round.
    """
    if not has_labels(path):
        return
    own = {sample.path: sample.label for sample in index_of_scores(path)}
    found = [case for case in cases if case.row.error != NOT_IN_SCORES]
    unlike = [case.sample for case in found if own[case.row.path] != case.label]
    if unlike:
        raise DataError(
            f"{path} labels {len(unlike)} of {len(found)} files otherwise than the index, "
            f"{unlike[0].path} first",
            hint="1 is manipulated, and scores must rise with it; or the index is of another set",
        )
