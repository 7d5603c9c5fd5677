"""A copy of a database that others write to meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

from unmask.core.errors import StoreError
from unmask.store.database import Database
from unmask.store.engine import sqlite_file
from unmask.store.failures import explained


def copy_database(database: Database, path: Path) -> None:
    """See :meth:`unmask.store.History.copy_to`."""
    if sqlite_file(database.reader.url) is None:
        raise StoreError(
            f"{database.place} is not a file that can be copied",
            hint="use the database's own tools, such as pg_dump",
        )
    with explained(database.place, "copy"):
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        except OSError as error:
            raise StoreError(
                f"{path} cannot be made: {error.strerror}",
                hint="name a new file, in a folder that you can write to",
            ) from error
        try:
            _copy(database, path)
            os.fsync(descriptor)  # SQLite leaves that to us
        except BaseException:
            path.unlink()
            raise
        finally:
            os.close(descriptor)


def _copy(database: Database, path: Path) -> None:
    """By VACUUM, which reads one state from end to end; a backup begins anew at each change."""
    with database.reader.connect() as connection:
        connection.exec_driver_sql("COMMIT")  # of the transaction that every connection begins
        connection.exec_driver_sql("VACUUM INTO ?", (str(path),))
