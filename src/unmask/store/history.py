"""Past analyses, kept in a database."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from unmask.core.analysis import Analysis
from unmask.core.errors import StoreError
from unmask.store.copying import copy_database
from unmask.store.database import Database
from unmask.store.engine import BUSY_MS, sqlite_file
from unmask.store.entries import Entry, Filters, Order, Stored, also_found_by, aware, search_key
from unmask.store.failures import explained
from unmask.store.migrate import revision
from unmask.store.naming import RECEIVED, name_in
from unmask.store.queries import begins, beyond, conditions, ordering, whole
from unmask.store.schema import AnalysisRow, DeliveryRow, EventRow, JobRow

_ID_BYTES = 10  # 80 bits: short in a URL, and nobody guesses one
_BATCH = 100
_ALL = Filters()


class History:
    """The analyses of one database, opened and brought up to date on construction.

    ``database`` is a path to an SQLite file or a database URL; None takes ``UNMASK_DATABASE``,
    else ``history.db`` in the data folder. Safe for several threads and processes at once. Every
    method raises :class:`StoreError`, naming the database, when it cannot do its work.

    Without ``upgrade`` the database is left at the revision it has: to see which that is, to count
    and to copy, as long as an earlier version is to be able to open it.
    """

    def __init__(self, database: str | Path | None = None, *, upgrade: bool = True) -> None:
        self.database = Database.opened(database, upgrade=upgrade)

    def __enter__(self) -> History:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The object may not be used afterwards."""
        self.database.close()

    def revision(self) -> str | None:
        """Which tables the database has, :data:`HEAD` being this version's; None for none."""
        with explained(self.database.place, "read"), self.database.reader.connect() as connection:
            return revision(connection)

    def record(
        self,
        analysis: Analysis,
        *,
        fingerprint: str,
        source: str | Path | None = None,
        created_at: datetime | None = None,
        id: str | None = None,
    ) -> Entry:
        """Keep the analysis, always as a new entry. It is on disk when this returns.

        ``fingerprint`` is that of the options requested; ``source`` the path it was read from,
        None for an upload; ``created_at`` an aware datetime, None for now. ``id`` is that of the
        job that made it, None for one of its own; a second analysis under an id is refused
        (:class:`StoreError`), so that a job repeated by mistake leaves one result. The custody log
        of that job has a line of it then, or there is no result.
        """
        row = AnalysisRow(
            id=id or secrets.token_hex(_ID_BYTES),
            created_at=aware(created_at or datetime.now(UTC)),
            sha256=analysis.media.sha256,
            model_sha256=analysis.model.sha256,
            fingerprint=fingerprint,
            name=analysis.media.name,
            name_key=search_key(analysis.media.name),
            source=None if source is None else _storable(str(source)),
            kind=analysis.media.kind,
            label=analysis.verdict.label,
            probability=analysis.verdict.probability,
            model_name=analysis.model.name,
            model_version=analysis.model.version,
            unmask=analysis.unmask,
            document=analysis.to_json(),
        )
        entry = _entry(row)
        with self.database.writing() as session:
            session.add(row)
            if id is not None:
                for name in _joined_as(session, id):
                    row.name_key = also_found_by(row.name_key, search_key(name))
                made_by = f"{analysis.model.name} {analysis.model.version}"
                session.add(EventRow.of(id, "analysed", made_by))
        return entry

    def find(self, sha256: str, model_sha256: str, fingerprint: str) -> Stored | None:
        """The newest analysis of the same bytes by the same model with the same options."""
        query = whole().where(
            AnalysisRow.sha256 == sha256,
            AnalysisRow.model_sha256 == model_sha256,
            AnalysisRow.fingerprint == fingerprint,
        )
        return self._first(query.order_by(*ordering("newest")))

    def latest(self, sha256: str) -> Stored | None:
        """The newest analysis of the same bytes, by whichever model and with whichever options."""
        return self._first(
            whole().where(AnalysisRow.sha256 == sha256).order_by(*ordering("newest"))
        )

    def get(self, id: str) -> Stored | None:
        """The analysis with exactly this id. A part of one will not do: see :meth:`resolve`."""
        return self._first(whole().where(AnalysisRow.id == id))

    def resolve(self, prefix: str) -> str:
        """The full id that begins with ``prefix``; :class:`StoreError` unless there is just one.

        For people at a terminal. Pages on the web take full ids only, which cannot be guessed.
        """
        wanted = prefix.strip().lower()
        query = select(AnalysisRow.id).where(begins(AnalysisRow.id, wanted)).limit(2)
        with self.database.reading() as session:
            found = session.scalars(query).all() if wanted else []
        if len(found) == 1:
            return found[0]
        problem = (
            f"more than one analysis begins with {prefix!r}"
            if found
            else (f"no analysis {prefix!r} in the history {self.database.place}")
        )
        raise StoreError(problem, hint="'unmask history' lists them with their ids")

    def several(self, ids: Iterable[str]) -> Sequence[Entry]:
        """The entries with these full ids, without their documents; unknown ids are left out."""
        query = select(AnalysisRow).where(AnalysisRow.id.in_(tuple(ids)))
        with self.database.reading() as session:
            return [_entry(row) for row in session.scalars(query)]

    def list(
        self,
        filters: Filters = _ALL,
        *,
        order: Order = "newest",
        limit: int | None = None,
        offset: int = 0,
        after: tuple[datetime, str] | None = None,
    ) -> list[Entry]:
        """One page of entries, without their documents.

        ``after`` are time and id of the last one that is known, in an order by time: none of those
        before it is read, and one that comes or is deleted meanwhile moves no other. ValueError
        for it in any other order.
        """
        query = select(AnalysisRow).where(*conditions(filters)).order_by(*ordering(order))
        if after is not None:
            query = query.where(*beyond(order, after))
        with self.database.reading() as session:
            return [_entry(row) for row in session.scalars(query.limit(limit).offset(offset))]

    def count(self, filters: Filters = _ALL) -> int:
        """How many analyses the filters leave."""
        query = select(func.count()).select_from(AnalysisRow).where(*conditions(filters))
        with self.database.reading() as session:
            return session.scalar(query) or 0

    def export(self, filters: Filters = _ALL, *, order: Order = "oldest") -> Iterator[Stored]:
        """Every analysis with its document, read in batches: memory does not grow with them.

        It shows the history as it was when the first one was asked for. ``Stored.document`` is
        the JSON, ``Stored.entry.as_row()`` a row for CSV.
        """
        query = whole().where(*conditions(filters)).order_by(*ordering(order))
        with self.database.reading() as session:
            rows = session.scalars(query.execution_options(yield_per=_BATCH))
            with closing(rows):  # PostgreSQL keeps the rest for who asks no further
                for row in rows:
                    yield Stored(_entry(row), row.document)

    def also_named(self, id: str, name: str) -> bool:
        """Let an analysis be found by another name of its file; False where that is known.

        By the latest of very many: see :func:`also_found_by`.
        """
        key = search_key(name)
        known = select(AnalysisRow.name_key).where(AnalysisRow.id == id).with_for_update()
        with self.database.changing() as connection:
            keys = connection.scalar(known)
            if keys is None or key in keys.split("\n"):
                return False
            change = update(AnalysisRow).where(AnalysisRow.id == id)
            connection.execute(change.values(name_key=also_found_by(keys, key)))
            return True

    def copy_to(self, path: str | Path) -> None:
        """Write the whole database, as it is now, into a new file that is private to the user.

        Others may write to it meanwhile. For SQLite alone; :class:`StoreError` for any other,
        where ``path`` is there already, and where the copy finds no room: nothing is left then.
        """
        copy_database(self.database, Path(path))

    def delete(self, *ids: str) -> int:
        """Delete the analyses with these full ids, and say how many there were.

        With them go the jobs of these ids, whatever their state, the custody logs and the
        webhooks, in one transaction: of an analysis without its job nobody could tell any more
        that it was handed in, and retention would leave it for ever. Meanwhile nobody else writes:
        with a few dozen it is brief.
        """
        with explained(self.database.place, "delete from"):
            with self.database.writer.begin() as connection:
                for column in (JobRow.id, EventRow.analysis, DeliveryRow.analysis):
                    connection.execute(delete(column.class_).where(column.in_(ids)))
                chosen = delete(AnalysisRow).where(AnalysisRow.id.in_(ids))
                deleted = connection.execute(chosen).rowcount
            if sqlite_file(
                self.database.reader.url
            ):  # also what was deleted beside analyses, or alone
                self._forget()
        return deleted

    def _forget(self) -> None:
        """Carry the overwritten pages from the log into the file, so that neither keeps them.

        Not while someone reads an older state (an export), or the disk is full: then the next one
        that can does it.
        """
        connection = self.database.reader.raw_connection()
        cursor = connection.cursor()
        try:
            cursor.execute("PRAGMA busy_timeout = 0")
            with suppress(sqlite3.Error):  # it is deleted, and on record as that
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            cursor.close()
            connection.close()

    def _first(self, query: Select[AnalysisRow]) -> Stored | None:
        with self.database.reading() as session:
            row = session.scalars(query.limit(1)).first()
            return None if row is None else Stored(_entry(row), row.document)


def _entry(row: AnalysisRow) -> Entry:
    return Entry(**{name: getattr(row, name) for name in Entry.__dataclass_fields__})


def _joined_as(session: Session, job: str) -> Iterator[str]:
    """The other names under which a job's file came while it waited."""
    received = select(EventRow.detail).where(EventRow.analysis == job, EventRow.event == RECEIVED)
    told = map(name_in, session.scalars(received.order_by(EventRow.id)))
    return (name for name in told if name is not None)


def _storable(path: str) -> str:
    """A path may hold bytes that are no UTF-8; a database text may not."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
