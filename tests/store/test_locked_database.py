"""While another process keeps SQLite's lock: a backup of the operator's own, a long deletion."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import event

from unmask.core.errors import StoreError
from unmask.store import JobBook, Settings, Tokens

SOON_S = 10.0  # a third of what is waited for the lock


@pytest.fixture
def lock(history, database):
    """Keep everybody else from writing until told otherwise."""
    other = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_who_only_asks_with_a_token_does_not_wait(history, database):
    tokens = Tokens(history)
    token, secret = tokens.create("desk")
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    assert tokens.check(secret) == token.id
    assert time.monotonic() - begun < SOON_S
    assert tokens.list()[0].used_at is None  # which could not be noted
    other.close()
    assert tokens.check(secret) == token.id
    assert tokens.list()[0].used_at is not None
    with history.database.reader.connect() as connection:  # and who must write waits as before
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


def test_those_that_wait_leave_connections_to_who_only_reads(history, lock):
    with ThreadPoolExecutor(21) as pool:
        waiting = [pool.submit(Settings(history).set, f"{n}", n) for n in range(20)]
        time.sleep(0.5)
        assert not any(one.done() for one in waiting)
        begun = time.monotonic()
        assert pool.submit(history.count).result() == 0
        assert time.monotonic() - begun < SOON_S
        lock.execute("COMMIT")
        assert not wait(waiting, timeout=30).not_done
    assert Settings(history).get("19") == 19


def test_what_was_deleted_is_deleted_where_the_disk_is_full(history, database, make_analysis):
    """It was, and who had asked for it heard of a bug; the next to write then waited for nobody."""

    def no_checkpoint(action, what, *_):
        refused = action == sqlite3.SQLITE_PRAGMA and what == "wal_checkpoint"
        return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK

    kept = history.record(make_analysis(), fingerprint="c" * 64)
    history.database.reader.dispose()
    full = lambda connection, _: connection.set_authorizer(no_checkpoint)  # noqa: E731
    event.listen(history.database.reader, "connect", full)
    assert history.delete(kept.id) == 1
    with history.database.reader.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
    assert history.count() == 0


def test_who_tries_to_write_hears_whether_it_can_be(history, database, monkeypatch):
    book = JobBook(history)
    book.try_to_write()
    with history.database.reader.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = 1")
        connection.rollback()
    with pytest.raises(StoreError, match="cannot be written"):
        book.try_to_write()
