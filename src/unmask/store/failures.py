"""Database errors in words: which database, what is wrong with it, what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from unmask.core.errors import DiskFull, StoreBusy, StoreError

_ELSEWHERE = "set UNMASK_DATA to a folder you can write to, or scan with --no-history"
_FULL = "53100"  # PostgreSQL's own number for it
_CAUSES = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space; nothing recorded before is lost"),
    sqlite3.SQLITE_READONLY: ("it cannot be written", _ELSEWHERE),
    sqlite3.SQLITE_PERM: ("access is not permitted", _ELSEWHERE),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", _ELSEWHERE),
    sqlite3.SQLITE_IOERR: ("the disk answered with an error", _ELSEWHERE),
    sqlite3.SQLITE_BUSY: ("another process kept it locked", "try again when that one is done"),
    sqlite3.SQLITE_NOTADB: ("it is not a database", "move the file away; a new one is made"),
    sqlite3.SQLITE_CORRUPT: (
        "it is damaged",
        "move the file away and a new one is made; 'sqlite3 FILE .recover' may save the old one",
    ),
}


@contextmanager
def explained(place: str, doing: str) -> Iterator[None]:
    """Turn what SQLAlchemy and the operating system raise into :class:`StoreError`, of which
    :class:`DiskFull` is one.
    """
    try:
        yield
    except SQLAlchemyError as error:
        cause, hint = _cause(error)
        kind = DiskFull if _full(error) else StoreBusy if _busy(error) else StoreError
        raise kind(f"cannot {doing} the history {place}: {cause}", hint=hint) from error
    except OSError as error:
        cause = error.strerror or str(error)
        raise StoreError(f"cannot {doing} the history {place}: {cause}", hint=_ELSEWHERE) from error


def _full(error: SQLAlchemyError) -> bool:
    origin = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(origin, sqlite3.Error):
        return _code(origin) == sqlite3.SQLITE_FULL
    return getattr(origin, "sqlstate", None) == _FULL


def _busy(error: SQLAlchemyError) -> bool:
    origin = error.orig if isinstance(error, DBAPIError) else None
    return isinstance(origin, sqlite3.Error) and _code(origin) == sqlite3.SQLITE_BUSY


def _code(error: sqlite3.Error) -> int:
    """Extended codes carry the detail in their upper bytes. Errors that Python's module itself
    raises have none.
    """
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _cause(error: SQLAlchemyError) -> tuple[str, str]:
    origin = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(origin, sqlite3.Error):
        cause, hint = _CAUSES.get(_code(origin), (str(origin), _ELSEWHERE))
        return f"{cause} ({origin})" if cause != str(origin) else cause, hint
    return str(origin or error).strip().splitlines()[0], "check UNMASK_DATABASE and the server"
