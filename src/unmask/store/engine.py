"""Where the database is, and how it is opened."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from unmask.core.errors import StoreError
from unmask.core.files import expanded
from unmask.core.paths import data_folder

BUSY_MS = 30_000
_OVERFLOW = 32  # beside five; more than there are threads in a server
_WRITING = {"unmask_begin": "BEGIN IMMEDIATE"}
_LIBPQ = ("postgresql+psycopg", "postgresql+psycopg2")
# A server that is gone says nothing: by itself libpq waits two minutes for it to let one in, and
# the system a quarter of an hour for each answer. The last is in milliseconds.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def locate(database: str | Path | None) -> URL:
    """The URL of a database: as given, else ``UNMASK_DATABASE``, else the data folder's file.

    A text with ``://`` is a URL, anything else a path to an SQLite file.
    """
    wanted = database or os.environ.get("UNMASK_DATABASE") or data_folder() / "history.db"
    if isinstance(wanted, str) and "://" in wanted:
        try:
            return make_url(wanted)
        except ArgumentError as error:
            raise StoreError(
                "UNMASK_DATABASE is not a database URL",  # it may hold a password: not shown
                hint="such as postgresql+psycopg://user:password@host/name",
            ) from error
    return URL.create("sqlite", database=str(expanded(wanted).absolute()))


def place_of(url: URL) -> str:
    """The database for people: the file's path, or the URL without its password."""
    return sqlite_file(url) or url.render_as_string(hide_password=True)


def sqlite_file(url: URL) -> str | None:
    """The path of an SQLite database that is a file."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return url.database


def make_engine(url: URL) -> Engine:
    """An engine for the URL; an SQLite file and its folder come into being, private to the user."""
    path = sqlite_file(url)
    if path is not None:
        _make_private(Path(path))
    try:
        # A server that was restarted leaves connections that are dead: they are tried before use,
        # or each of them would cost somebody an upload.
        engine = create_engine(
            url, pool_pre_ping=path is None, connect_args=_patience(url), **_room(path)
        )
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError(
            f"no driver for {url.drivername} databases is installed: {error}",
            hint='pip install "unmask[cluster]" for postgresql+psycopg://, or the driver named',
        ) from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _room(path: str | None) -> dict[str, int]:
    """For connections: one for each thread of a server. Of fifteen, which is usual, those that wait
    for SQLite's lock left none to who only reads, and need not wait.
    """
    return {} if path is None else {"max_overflow": _OVERFLOW}


def _patience(url: URL) -> dict[str, int]:
    """How long is waited for a server that says nothing, unless the URL says so."""
    if url.drivername not in _LIBPQ:
        return {}
    return {name: number for name, number in _PATIENCE.items() if name not in url.query}


def writing(engine: Engine) -> Engine:
    """The same engine, whose transactions on SQLite take the write lock when they begin.

    Taking it later, after a read, fails at once when another process wrote in between: SQLite's
    busy timeout only covers a lock that is waited for from the start.
    """
    return engine.execution_options(**_WRITING)


def _make_private(path: Path) -> None:
    """History is private: 0600 for the file (SQLite gives its -wal and -shm the same), 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _prepare(connection: Any, record: object) -> None:
    """Per connection: we begin transactions ourselves (see _begin), wait for locks, use WAL."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what the user deletes is overwritten
    _use_wal(connection)


def _use_wal(connection: Any) -> None:
    """Switch to WAL unless it is on. The switch ignores the busy timeout, so it is repeated.

    A file system without shared memory keeps its old journal: slower, and still right.
    """
    until = time.monotonic() + BUSY_MS / 1000
    while connection.execute("PRAGMA journal_mode").fetchone()[0] not in ("wal", "memory"):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("unmask_begin", "BEGIN"))
