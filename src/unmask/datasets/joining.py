"""Several indexes as one: fakes of one release with the real class of another."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from unmask.core.errors import DataError
from unmask.datasets.draft import Draft, LoadOptions
from unmask.datasets.index import Index
from unmask.datasets.tree import Tree

JOINED = "joined"


def join_indexes(indexes: Sequence[Index]) -> Index:
    """Their samples under the closest folder that holds all their roots.

    A file that several of them hold is kept once. :class:`DataError` where two label it
    differently or put it into different splits, or where no folder holds all roots.
    """
    roots = [index.root.resolve() for index in indexes]
    try:
        home = Path(os.path.commonpath(roots))
    except ValueError as error:  # two drives of a Windows machine
        raise DataError(
            f"no folder holds both {roots[0]} and {roots[-1]}",
            hint="put the data sets on one drive, or link them into one folder",
        ) from error
    draft = Draft(Tree(home), JOINED, LoadOptions())
    for index, root in zip(indexes, roots, strict=True):
        below = root.relative_to(home)
        for sample in index:
            path = (below / sample.path).as_posix()
            draft.add(replace(sample, path=path), f"the index of {root}")
    samples = draft.finish()
    said = (f"{index.root.name}: {note}" for index in indexes for note in index.notes)
    return Index(home, JOINED, tuple(samples), tuple(dict.fromkeys((*said, *draft.notes))))
