"""Tests of the database on PostgreSQL instead of SQLite, for who has one.

    UNMASK_TEST_DATABASE=postgresql+psycopg://user:password@host/name pytest tests/store tests/jobs

Each test gets a schema of its own in that database, which is gone when it has ended.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url, text

VARIABLE = "UNMASK_TEST_DATABASE"
WHY_NOT = f"{VARIABLE} names no PostgreSQL"


def named() -> str | None:
    """The URL of the database that tests may use; None where they use SQLite."""
    return os.environ.get(VARIABLE) or None


@contextmanager
def empty_schema(database: str) -> Iterator[str]:
    """The URL of a new schema in ``database``."""
    url = make_url(database)
    name = f"unmask_test_{secrets.token_hex(6)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
            try:
                chosen = url.update_query_dict({"options": f"-csearch_path={name}"})
                yield chosen.render_as_string(hide_password=False)
            finally:
                connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    finally:
        engine.dispose()
