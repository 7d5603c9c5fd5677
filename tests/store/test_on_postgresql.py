"""What PostgreSQL does otherwise than SQLite. The other tests of this room, of jobs and of the web
app run on one too, where UNMASK_TEST_DATABASE names it (:mod:`databases`).
"""

import pytest
from sqlalchemy import create_engine, text

from unmask.store import Filters, History, fingerprint
from unmask.store.migrate import MIGRATIONS

OPTIONS = fingerprint({})


@pytest.fixture
def elsewhere(postgresql):
    with History(postgresql) as history:
        yield history


def test_migrations_come_to_what_the_tables_say(elsewhere):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from unmask.store.schema import REVISION_TABLE, Base

    with elsewhere.database.reader.connect() as connection:
        options = {"version_table": REVISION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_databases_of_earlier_versions_are_brought_up_to_date(elsewhere, make_analysis):
    from alembic import command
    from alembic.config import Config

    entry = elsewhere.record(make_analysis(), fingerprint=OPTIONS)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with elsewhere.database.writer.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    with History(elsewhere.database.reader.url.render_as_string(hide_password=False)) as upgraded:
        assert upgraded.list() == [entry]
    with elsewhere.database.writer.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")


def test_a_server_that_was_restarted_costs_nobody_an_answer(elsewhere, make_analysis):
    elsewhere.record(make_analysis(), fingerprint=OPTIONS)
    with elsewhere.database.reader.connect() as connection:
        own = connection.scalar(text("SELECT pg_backend_pid()"))
    other = create_engine(elsewhere.database.reader.url)
    with other.begin() as connection:
        assert connection.scalar(text(f"SELECT pg_terminate_backend({own}, 5000)"))
    other.dispose()
    assert elsewhere.count() == 1


def test_a_clip_that_goes_around_may_have_any_number_of_names(elsewhere, make_analysis):
    entry = elsewhere.record(make_analysis("first.mp4"), fingerprint=OPTIONS)
    for number in range(100):
        assert elsewhere.also_named(entry.id, f"{fingerprint({'n': number})}.mp4")
    assert elsewhere.count(Filters(text="first.mp4")) == 1
    assert elsewhere.count(Filters(text=fingerprint({"n": 99}))) == 1


def test_what_no_name_can_hold_is_not_found(elsewhere, make_analysis):
    elsewhere.record(make_analysis(), fingerprint=OPTIONS)
    assert elsewhere.list(Filters(text="clip\0")) == []
