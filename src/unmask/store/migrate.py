"""Bring a database to the tables of this version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from unmask.core.errors import StoreError
from unmask.store.engine import place_of, writing
from unmask.store.schema import HEAD, REVISION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x756E6D61736B  # "unmask": PostgreSQL's advisory locks are numbers


def ensure_current(engine: Engine) -> None:
    """Migrate unless the database is at :data:`HEAD`. Any number of processes may do so at once.

    Alembic is imported only when there is something to do: it costs more than the whole opening.
    """
    with engine.connect() as connection:
        if revision(connection) == HEAD:
            return
    with writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        # Only who holds the lock may look: another process may have migrated meanwhile.
        found = revision(connection)
        if found != HEAD:
            _upgrade(connection, found)


def revision(connection: Connection) -> str | None:
    """The revision the database is at; None for a database without our tables."""
    if not inspect(connection).has_table(REVISION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {REVISION_TABLE}")).scalar()
    return None if found is None else str(found)


def need_known(place: str, found: str) -> None:
    """Raise :class:`StoreError` for a revision that a newer version made. Imports Alembic."""
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found not in known:
        raise StoreError(
            f"the history {place} was made by a newer Unmask (revision {found})",
            hint="upgrade Unmask, bring back a copy from before that upgrade, or set UNMASK_DATA "
            "to another folder",
        )


def _upgrade(connection: Connection, found: str | None) -> None:
    from alembic import command

    if found is not None:
        need_known(place_of(connection.engine.url), found)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
