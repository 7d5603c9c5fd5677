"""What PostgreSQL does otherwise than SQLite. The other tests of this room, of jobs and of the web
app run on one too, where UNMASK_TEST_DATABASE names it (:mod:`databases`).
"""

import pytest
from sqlalchemy import create_engine, event, make_url, text

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

    from unmask.store.schema import REVISION_TABLE, Base, is_for

    with elsewhere.database.reader.connect() as connection:
        options = {
            "version_table": REVISION_TABLE,
            "compare_type": True,
            "include_object": lambda thing, *_: is_for("postgresql", thing),
        }
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


@pytest.mark.parametrize("label", [None, "manipulated"])
def test_the_order_by_probability_is_read_from_an_index(elsewhere, make_analysis, label):
    """A page of a long history read and sorted all of it."""
    elsewhere.record(make_analysis(), fingerprint=OPTIONS)
    asked = []
    note = lambda _, __, sql, values, *rest: asked.append((sql, values))  # noqa: E731
    event.listen(elsewhere.database.reader, "before_cursor_execute", note)
    elsewhere.list(Filters(label=label), order="most-manipulated", limit=24)
    event.remove(elsewhere.database.reader, "before_cursor_execute", note)
    with elsewhere.database.reader.connect() as connection:
        for choice in ("seqscan", "bitmapscan", "sort"):  # of one row, all would be as good
            connection.exec_driver_sql(f"SET LOCAL enable_{choice} = off")
        [(sql, values)] = asked
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {sql}", values).scalars())
    name = "ix_analyses_label_most_manipulated" if label else "ix_analyses_most_manipulated"
    assert f"Index Scan using {name}" in plan
    assert "Sort" not in plan


def test_a_server_that_is_gone_is_given_up(elsewhere, postgresql):
    """One whose address has moved to another machine held each request up for a quarter hour."""
    with elsewhere.database.reader.connect() as connection:
        told = connection.connection.driver_connection.info.get_parameters()
    assert (told["connect_timeout"], told["tcp_user_timeout"]) == ("10", "30000")
    url = make_url(postgresql).update_query_dict({"connect_timeout": "3"})
    with (
        History(url.render_as_string(hide_password=False)) as history,
        history.database.reader.connect() as connection,
    ):
        told = connection.connection.driver_connection.info.get_parameters()
    assert told["connect_timeout"] == "3"


def test_what_no_name_can_hold_is_not_found(elsewhere, make_analysis):
    elsewhere.record(make_analysis(), fingerprint=OPTIONS)
    assert elsewhere.list(Filters(text="clip\0")) == []
