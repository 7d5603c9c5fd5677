"""The open database, and how every table of this room is read and written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from unmask.store.engine import BUSY_MS, locate, make_engine, place_of, writing
from unmask.store.failures import explained
from unmask.store.migrate import ensure_current


@dataclass(frozen=True, slots=True)
class Database:
    """``place`` is its name for people, ``reader`` and ``writer`` are one engine for either use.

    Safe for several threads. What fails in a block is a :class:`StoreError` that names the place.
    """

    place: str
    reader: Engine
    writer: Engine

    @classmethod
    def opened(cls, database: str | Path | None, *, upgrade: bool = True) -> Database:
        """Open it, see :class:`unmask.store.History`, and bring it up to date if ``upgrade``."""
        url = locate(database)
        place = place_of(url)
        with explained(place, "open"):
            engine = make_engine(url)
            try:
                if upgrade:
                    ensure_current(engine)
            except BaseException:
                engine.dispose()
                raise
        return cls(place, engine, writing(engine))

    def close(self) -> None:
        """Close the connections."""
        self.reader.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """To look rows up."""
        with explained(self.place, "read"), Session(self.reader) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """To add rows, or change those looked up: one transaction, which ends with the block."""
        with explained(self.place, "write to"), Session(self.writer) as session, session.begin():
            yield session

    @contextmanager
    def in_passing(self) -> Iterator[Connection]:
        """To change what may also stay as it is: where another process keeps SQLite's lock, this
        fails at once, and nobody waits for it.
        """
        impatient = self.reader.dialect.name == "sqlite"
        with explained(self.place, "write to"), self.reader.connect() as connection:
            try:
                if impatient:
                    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
                yield connection
                connection.commit()
            finally:
                connection.rollback()
                if impatient:
                    connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_MS}")

    @contextmanager
    def changing(self, doing: str = "write to") -> Iterator[Connection]:
        """The same for statements that need no rows as objects."""
        with explained(self.place, doing), self.writer.begin() as connection:
            yield connection
