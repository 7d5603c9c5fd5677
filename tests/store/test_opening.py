import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import create_engine

from unmask.core.errors import DiskFull, StoreError
from unmask.store import History, fingerprint
from unmask.store.engine import make_engine, writing
from unmask.store.migrate import MIGRATIONS, ensure_current
from unmask.store.schema import HEAD, REVISION_TABLE, Base, is_for

OPTIONS = fingerprint({})


def _alembic():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config, ScriptDirectory.from_config(config)


def test_the_constant_names_the_newest_migration():
    assert _alembic()[1].get_current_head() == HEAD


def test_migrations_come_to_what_the_tables_say(history, database):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with history.database.reader.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": REVISION_TABLE,
                "compare_type": True,
                # Alembic reads no directions from SQLite; test_long_histories needs this one.
                "include_object": lambda thing, name, *_: (
                    name != "ix_analyses_name_time" and is_for("sqlite", thing)
                ),
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_can_be_taken_back_and_made_again(history, database):
    from alembic import command

    config, _ = _alembic()
    with history.database.writer.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        command.upgrade(config, "head")
    assert history.count() == 0


def test_an_up_to_date_database_opens_without_alembic(history, database):
    code = """
import sys, time
from unmask.store import History
took = []
for _ in range(3):  # the best of three: the machine may be busy
    start = time.perf_counter()
    History(sys.argv[1]).close()
    took.append(time.perf_counter() - start)
assert "alembic" not in sys.modules
assert min(took) < 0.1, took
"""
    subprocess.run([sys.executable, "-c", code, str(database)], check=True, timeout=60)


def test_another_database_may_share_the_file(database):
    database.parent.mkdir()
    with sqlite3.connect(database) as other:
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")
        other.execute("INSERT INTO alembic_version VALUES ('theirs')")
    other.close()
    with History(database) as history:
        assert history.count() == 0


def test_settings_of_each_connection(history, database):
    with history.database.reader.connect() as connection:
        ask = lambda name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()  # noqa: E731
        assert ask("journal_mode") == "wal"
        assert ask("foreign_keys") == 1
        assert ask("busy_timeout") >= 10_000
        assert ask("synchronous") == 2  # full: what was recorded survives a power cut


def test_a_database_of_a_newer_version_is_left_alone(history, database):
    with history.database.writer.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {REVISION_TABLE} SET version_num = '9999'")
    history.close()
    before = database.read_bytes()
    with pytest.raises(StoreError, match=r"newer Unmask \(revision 9999\)") as caught:
        History(database)
    assert str(database) in str(caught.value)
    assert "upgrade" in caught.value.hint
    assert "bring back a copy" in caught.value.hint
    assert database.read_bytes() == before


def test_a_migration_that_fails_leaves_nothing_half_done(database, monkeypatch):
    engine = make_engine_at(database)
    monkeypatch.setattr("alembic.command.upgrade", _half)
    with pytest.raises(RuntimeError, match="power cut"):
        ensure_current(engine)
    monkeypatch.undo()
    ensure_current(engine)
    engine.dispose()


def make_engine_at(path):
    from unmask.store.engine import locate

    return make_engine(locate(path))


def _half(config, target):
    config.attributes["connection"].exec_driver_sql("CREATE TABLE analyses (id TEXT)")
    raise RuntimeError("power cut")


def test_a_text_file_is_not_a_database(database):
    database.parent.mkdir()
    database.write_text("my shopping list\n" * 500)
    with pytest.raises(StoreError, match="not a database") as caught:
        History(database)
    assert str(database) in str(caught.value)
    assert "move the file away" in caught.value.hint
    assert database.read_text().startswith("my shopping list")


def test_a_damaged_database_is_named_as_damaged(history, database, make_analysis):
    for number in range(40):
        history.record(make_analysis(f"{number}.mp4"), fingerprint=OPTIONS)
    history.delete(history.list()[0].id)  # carries the log into the file
    history.close()
    content = bytearray(database.read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    database.write_bytes(content)
    with pytest.raises(StoreError, match="damaged") as caught, History(database) as broken:
        list(broken.export())
    assert str(database) in str(caught.value)
    assert ".recover" in caught.value.hint


@pytest.mark.parametrize("kind", ["folder is a file", "file is a folder"])
def test_a_place_that_cannot_be_written(tmp_path, kind):
    if kind == "folder is a file":
        (tmp_path / "plain").write_text("")
        path = tmp_path / "plain" / "history.db"
    else:
        path = tmp_path
    with pytest.raises(StoreError) as caught:
        History(path)
    assert str(path) in str(caught.value)
    assert "UNMASK_DATA" in caught.value.hint
    assert "--no-history" in caught.value.hint


def test_a_database_that_may_only_be_read(history, database, make_analysis):
    with history.database.reader.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="cannot be written"):
        history.record(make_analysis(), fingerprint=OPTIONS)


def test_a_full_disk(history, database, make_analysis):
    with history.database.reader.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    analysis = make_analysis("long" * 10_000)
    with pytest.raises(DiskFull, match="the disk is full") as caught:
        history.record(analysis, fingerprint=OPTIONS)
    assert history.database.place in str(caught.value)
    assert "free some space" in caught.value.hint
    assert history.count() == 0


def test_a_lock_that_is_never_given_up(history, database, make_analysis):
    with history.database.reader.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    other = create_engine(f"sqlite:///{database}")
    with other.connect() as holder:
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process kept it locked"):
            history.record(make_analysis(), fingerprint=OPTIONS)
        holder.rollback()
    other.dispose()
    history.record(make_analysis(), fingerprint=OPTIONS)


def test_a_url_without_its_driver_names_what_to_install():
    with pytest.raises(StoreError, match="nosuchdriver") as caught:
        History("postgresql+nosuchdriver://me:secret@host/db")
    assert "unmask[cluster]" in caught.value.hint
    assert "secret" not in str(caught.value)


def test_a_url_that_is_none_does_not_show_its_password():
    with pytest.raises(StoreError, match="not a database URL") as caught:
        History("post gres://me:secret@host:port:x/db")
    assert "secret" not in str(caught.value)


def test_tables_made_by_hand_without_a_revision_are_not_overwritten(database):
    engine = make_engine_at(database)
    with writing(engine).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE analyses (id TEXT)")
    engine.dispose()
    with pytest.raises(StoreError, match="already exists"):
        History(database)


def test_messages_that_wait_are_known_by_their_host(database):
    from alembic import command

    config, _ = _alembic()
    with History(database) as history, history.database.writer.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
        for id, state in (("a", "waiting"), ("b", "delivered")):
            connection.exec_driver_sql(
                "INSERT INTO deliveries VALUES (?, 'x', 'https://Told.example:8443/hook',"
                " '2026-01-01 00:00:00.000000', ?, 0, '2026-01-01 00:00:00.000000', '')",
                (id, state),
            )
    with History(database) as history, history.database.reader.connect() as connection:
        found = connection.exec_driver_sql("SELECT id, host FROM deliveries ORDER BY id").all()
    assert found == [("a", "told.example:8443"), ("b", "")]


@pytest.fixture
def of_an_earlier_version(database, make_analysis):
    """A database at revision 0004 with an analysis in it."""
    from alembic import command

    config, _ = _alembic()
    with History(database) as history:
        history.record(make_analysis(), fingerprint=OPTIONS)
        with history.database.writer.begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0004")
    with sqlite3.connect(database) as connection:
        connection.execute("VACUUM")  # else there is room in it
    connection.close()
    return database


def test_one_that_is_only_looked_at_and_copied_stays_as_it_is(of_an_earlier_version, tmp_path):
    """Whoever copies it before an upgrade wants a copy that the earlier version can open."""
    with History(of_an_earlier_version, upgrade=False) as past:
        assert (past.revision(), past.count()) == ("0004", 1)
        past.copy_to(tmp_path / "copy.db")
    with History(tmp_path / "copy.db", upgrade=False) as copy:
        assert copy.revision() == "0004"
    with History(of_an_earlier_version) as past:
        assert (past.revision(), past.count()) == (HEAD, 1)
    with History(tmp_path / "none.db", upgrade=False) as nothing:
        assert nothing.revision() is None


def test_a_full_disk_in_the_midst_of_an_upgrade_leaves_it_as_it_was(
    of_an_earlier_version, monkeypatch
):
    from sqlalchemy import event

    from unmask.store import database as opening

    def make(url):
        engine = make_engine(url)

        @event.listens_for(engine, "connect")
        def no_room(connection, record):
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages}")

        return engine

    with monkeypatch.context() as full:
        full.setattr(opening, "make_engine", make)
        with pytest.raises(DiskFull, match="the disk is full"):
            History(of_an_earlier_version)
    with History(of_an_earlier_version, upgrade=False) as past:
        assert (past.revision(), past.count()) == ("0004", 1)
    with History(of_an_earlier_version) as past:
        assert (past.revision(), past.count()) == (HEAD, 1)
