"""What a history of a million analyses would cost: by SQLite's plans, for times tell little."""

import itertools
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from unmask.store import Deliveries, Filters, History, JobBook, fingerprint

OPTIONS = fingerprint({})
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ORDERS = ("newest", "oldest", "name", "most-manipulated")
WAYS = list(itertools.product(ORDERS, (None, "manipulated")))
MANY = 600


@pytest.fixture(scope="module")
def long(tmp_path_factory, make_analysis) -> History:
    """Names of many files alike, as programs send them; times alike, as copied histories have."""
    with History(tmp_path_factory.mktemp("long") / "history.db") as history:
        for number in range(3):
            name = f"clip {number}.mp4"
            history.record(make_analysis(name), fingerprint=OPTIONS, created_at=NOON)
        with sqlite3.connect(history.database.place) as database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(analyses)")]
            new = {
                "id": "printf('%020x', n)",
                "created_at": "strftime('%Y-%m-%d %H:%M:%f000', created_at, (n / 2) || ' seconds')",
                "label": "CASE n % 4 WHEN 0 THEN 'manipulated' ELSE 'inconclusive' END",
                "probability": "CASE n % 5 WHEN 0 THEN NULL ELSE (n % 7) / 7.0 END",
            }
            database.execute(
                f"WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many"
                f" WHERE n < {MANY}) INSERT INTO analyses ({', '.join(columns)})"
                f" SELECT {', '.join(new.get(name, name) for name in columns)}"
                f" FROM many JOIN analyses AS one ON one.name = 'clip ' || (n % 3) || '.mp4'"
            )
        database.close()
        yield history


def plan_of(history, ask):
    """What SQLite says of how it would answer what ``ask`` asks."""
    asked = []
    with closing(sqlite3.connect(history.database.place)) as database:
        note = lambda _, __, sql, values, *rest: asked.append((sql, values))  # noqa: E731
        event.listen(history.database.reader, "before_cursor_execute", note)
        try:
            ask()
        finally:
            event.remove(history.database.reader, "before_cursor_execute", note)
        return [
            row[3]
            for sql, values in asked
            for row in database.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        ]


@pytest.mark.parametrize(
    ("order", "label"),
    [(order, label) for order, label in WAYS if order != "name" or not label],  # that is sorted
)
def test_a_page_is_read_from_where_it_begins(long, order, label):
    plan = plan_of(long, lambda: long.list(Filters(label=label), order=order, limit=24))
    assert len(plan) == 1, plan
    assert "USING INDEX ix_analyses_" in plan[0]


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_what_comes_after_a_place_is_read_from_there(long, order):
    place = NOON + timedelta(minutes=2), "0" * 20
    plan = plan_of(long, lambda: long.list(order=order, limit=24, after=place))
    sign = "<" if order == "newest" else ">"
    assert plan == [f"SEARCH analyses USING INDEX ix_analyses_time (created_at{sign}?)"]
    found = long.list(order=order, limit=5, after=place)
    known = long.list(order=order)
    assert found == [one for one in known if (one.created_at < place[0]) is (sign == "<")][:5]
    assert long.list(order=order, after=(known[9].created_at, known[9].id)) == known[10:]
    with pytest.raises(ValueError, match="no order by time"):
        long.list(order="name", after=place)


def test_since_and_until_are_found_within_a_verdict(long):
    wanted = Filters(label="manipulated", since=NOON + timedelta(minutes=1))
    for ask in (lambda: long.list(wanted, limit=24), lambda: long.count(wanted)):
        assert any("(label=? AND created_at>?)" in line for line in plan_of(long, ask))


@pytest.mark.parametrize("text", ["clip 2.mp4", "deadbeef", "DEADBEEF01", "deadbeef.mp4"])
def test_a_search_passes_by_the_documents(long, text):
    """Rows hold documents: whoever reads them all reads the file from one end to the other."""
    counted = plan_of(long, lambda: long.count(Filters(text=text)))
    assert all("SUBQUERY" in line or "INDEX" in line for line in counted), counted
    listed = plan_of(long, lambda: long.list(Filters(text=text), limit=24))
    assert listed[0] == "SCAN analyses USING INDEX ix_analyses_time"
    hashed = "SEARCH analyses USING INDEX ix_analyses_lookup (sha256>? AND sha256<?)"
    assert (hashed in listed) is (text.lower() in ("deadbeef", "deadbeef01"))


def test_an_id_is_found_by_its_beginning(long):
    assert long.resolve("0" * 17 + "0ff") == f"{255:020x}"
    plan = plan_of(long, lambda: long.resolve("0" * 17 + "0ff"))
    assert plan == [
        "SEARCH analyses USING COVERING INDEX sqlite_autoindex_analyses_1 (id>? AND id<?)"
    ]


@pytest.mark.parametrize(("order", "label"), WAYS)
def test_pages_to_the_last_are_the_whole_in_order(long, order, label):
    wanted = Filters(label=label)
    whole = long.list(wanted, order=order)
    assert len(whole) == long.count(wanted) > MANY / 5
    pages = [
        long.list(wanted, order=order, limit=24, offset=offset)
        for offset in range(0, len(whole), 24)
    ]
    assert [one for page in pages for one in page] == whole
    newest_first = lambda one: (-one.created_at.timestamp(), -int(one.id, 16))  # noqa: E731
    keys = {
        "newest": newest_first,
        "oldest": lambda one: (one.created_at, one.id),
        "name": lambda one: (one.name, *newest_first(one)),
        "most-manipulated": lambda one: (
            one.probability is None,
            -(one.probability or 0),
            *newest_first(one),
        ),
    }
    assert whole == sorted(whole, key=keys[order])


def test_lists_of_jobs_are_not_sorted_first(long):
    """Fifty thousand may wait, and a hundredth of a million have failed."""
    book = JobBook(long)
    for ask in (lambda: book.failed(limit=10), lambda: book.unfinished(limit=20)):
        plan = plan_of(long, ask)
        assert plan.count("SEARCH jobs USING INDEX ix_jobs_state_created_at (state=?)") == 2
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan
    for owner, index in ((None, "state_created_at"), ("api:", "turn")):
        after = (NOON, "0" * 20)
        plan = plan_of(long, lambda: book.page("failed", owner=owner, after=after, limit=9))  # noqa: B023
        assert len(plan) == 2
        assert f"USING INDEX ix_jobs_{index} (state=?" in plan[0]
        assert "created_at>?)" in plan[0]
        assert plan[1] != "USE TEMP B-TREE FOR ORDER BY"  # only by id, of those of one moment
    ended = plan_of(long, lambda: book.ended_before(NOON, limit=50))
    assert ended == ["SEARCH jobs USING INDEX ix_jobs_finished_at (finished_at<?)"]


def test_a_message_is_found_among_those_of_its_host(long):
    plan = plan_of(long, lambda: Deliveries(long).take("told.example", 60))
    wanted = "ix_deliveries_host_state_next_at (host=? AND state=? AND next_at<?)"
    assert plan[0] == f"SEARCH deliveries USING INDEX {wanted}"
