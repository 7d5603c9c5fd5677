"""Whatever names labelled files: an index, a list of them, or a folder as released."""

from __future__ import annotations

from pathlib import Path

from unmask.core.errors import DataError
from unmask.datasets.draft import PARTLY
from unmask.datasets.index import Index, read_index
from unmask.datasets.indexing import index_folder
from unmask.datasets.listing import index_list

_PARTLY_ELSEWHERE = "index what is there with 'unmask data index --partial' and name that index"


def open_index(path: Path, *, root: Path | None = None) -> Index:
    """A Parquet index, a ``.csv`` list, or a folder whose layout is guessed.

    ``root`` says where the files of an index or a list lie now. :class:`DataError`.
    """
    if path.is_dir():
        if root is not None:
            raise DataError(f"{path} is a folder, so --root has no meaning", hint="leave it out")
    elif path.suffix.lower() != ".csv":
        return read_index(path, root=root)
    try:
        return index_folder(path) if path.is_dir() else index_list(path, root=root)
    except DataError as error:
        raise DataError(error.message, hint=_elsewhere(error.hint)) from error


def _elsewhere(hint: str) -> str:
    """Options of the command that indexes, which whoever named a folder or list may not have."""
    if hint.startswith("say --"):
        return f"index it with 'unmask data index' and name the index: {hint}"
    return hint.replace(PARTLY, _PARTLY_ELSEWHERE)
