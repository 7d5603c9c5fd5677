"""Whatever names labelled files: an index, a list of them, or a folder as released."""

from __future__ import annotations

from pathlib import Path

from unmask.core.errors import DataError
from unmask.datasets.index import Index, read_index
from unmask.datasets.indexing import index_folder
from unmask.datasets.listing import index_list


def open_index(path: Path, *, root: Path | None = None) -> Index:
    """A Parquet index, a ``.csv`` list, or a folder whose layout is guessed.

    ``root`` says where the files of an index or a list lie now. :class:`DataError`.
    """
    if path.is_dir():
        if root is not None:
            raise DataError(f"{path} is a folder, so --root has no meaning", hint="leave it out")
        return _folder(path)
    if path.suffix.lower() == ".csv":
        return index_list(path, root=root)
    return read_index(path, root=root)


def _folder(path: Path) -> Index:
    try:
        return index_folder(path)
    except DataError as error:
        if not error.hint.startswith("say --"):
            raise
        # Options of the command that indexes, which whoever named the folder may not have.
        hint = f"index it with 'unmask data index' and name the index: {error.hint}"
        raise DataError(error.message, hint=hint) from error
