"""Owners take turns: who books a hundred thousand jobs keeps nobody else waiting."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import event, update

from unmask.store import JobBook, NewJob
from unmask.store.schema import TurnRow

NUMBERS = count()


def new(owner, sha256=None):
    return NewJob(
        name=f"{next(NUMBERS)}.mp4",
        bytes=5,
        sha256=sha256 or f"{next(NUMBERS):064x}",
        model_sha256="b" * 64,
        fingerprint="c" * 64,
        options={},
        owner=owner,
    )


@pytest.fixture
def book(history):
    return JobBook(history)


@pytest.fixture
def add(book):
    return lambda owner, many=1: [book.add(new(owner))[0] for _ in range(many)]


@pytest.fixture
def taken(book):
    """Claim so many, ending each before the next; whose they were."""

    def taken(many):
        owners = []
        for _ in range(many):
            job = book.claim("one", 20)
            owners.append(job.owner)
            assert book.finish(job, "done")
        return "".join(owners)

    return taken


def test_a_long_line_starves_nobody(add, taken):
    add("a", 20)
    add("b", 3)
    add("c", 1)
    assert taken(7) == "abcabab"
    add("d", 2)  # who was never served has waited longest
    assert taken(5) == "dadaa"


def test_each_ones_own_go_in_the_order_of_booking(book, add):
    jobs = add("a", 3) + add("b", 3)
    first = [book.claim("one", 20).id for _ in range(6)]
    assert [id for id in first if id in {job.id for job in jobs[:3]}] == [j.id for j in jobs[:3]]
    assert [id for id in first if id in {job.id for job in jobs[3:]}] == [j.id for j in jobs[3:]]


def test_who_has_the_fewest_running_goes_first(book, add):
    add("a", 6)
    held = [book.claim(str(number), 20) for number in range(3)]
    add("b", 6)
    assert [book.claim("more", 20).owner for _ in range(3)] == ["b", "b", "b"]
    assert book.claim("more", 20).owner == "a"  # three each, and it was served before
    book.finish(held[0], "done")
    book.finish(held[1], "failed")
    assert [book.claim("more", 20).owner for _ in range(2)] == ["a", "b"]


def test_a_clock_that_ran_ahead_starves_nobody(history, add, taken):
    """Who was served while it did waited behind everybody else's last job, a year if need be."""
    add("a", 2)
    assert taken(1) == "a"
    with history.database.writer.begin() as connection:
        ahead = datetime.now(UTC) + timedelta(days=365)
        connection.execute(update(TurnRow).values(served_at=ahead))
    add("b", 9)
    assert "a" in taken(2)


def test_who_deletes_what_is_done_gains_nothing(history, book, add):
    add("a", 3)
    add("b", 3)
    owners = []
    for _ in range(4):
        job = book.claim("one", 20)
        owners.append(job.owner)
        book.finish(job, "done")
        history.delete(job.id)
    assert "".join(owners) == "abab"


def test_what_is_given_back_waits_at_the_front_of_its_own(book, add):
    first, second = add("a", 2)
    add("b")
    book.give_back(book.claim("one", 20))
    assert book.claim("one", 20).owner == "b"
    assert [book.claim("one", 20).id for _ in range(2)] == [first.id, second.id]


def test_of_many_workers_each_gets_another_and_each_owner_as_many(book, add):
    jobs = add("a", 40) + add("b", 12) + add("c", 12)
    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(lambda n: book.claim(f"w{n}", 20), range(36)))
    assert len({job.id for job in held}) == 36
    owners = [job.owner for job in held]
    assert [owners.count(owner) for owner in "abc"] == [12, 12, 12]
    with ThreadPoolExecutor(8) as pool:
        rest = [job for job in pool.map(lambda n: book.claim(f"v{n}", 20), range(40)) if job]
    assert len({job.id for job in held + rest}) == len(held + rest) == len(jobs)


def test_how_many_are_ahead_goes_by_turns(book, add):
    line = add("a", 9)
    alone, second = add("b", 2)
    ahead = book.ahead_of(line[8], second, line[0], alone)
    assert [ahead[job.id] for job in (line[0], line[8])] == [1, 10]
    assert [ahead[job.id] for job in (alone, second)] == [1, 3]
    for job in (*line, alone, second):  # by itself, and among many
        assert book.ahead_of(job) == {job.id: book.ahead_of(*line, alone, second)[job.id]}
    held = book.claim("one", 20)
    assert book.ahead_of(alone, held) == {alone.id: 2}


def test_who_asks_for_a_file_that_waits_elsewhere_has_it_in_his_own_turn(book, add):
    add("a", 5)
    late, _ = book.add(new("a", "e" * 64))
    add("b")
    assert book.add(new("b", "e" * 64)) == (book.get(late.id), False)
    assert book.get(late.id).owner == "b"
    add("c", 5)
    book.add(new("c", "e" * 64))
    assert book.get(late.id).owner == "b"  # where it comes sooner


def test_nobody_reads_through_a_long_line(database, history, book, add):
    """By SQLite's plan: of a hundred thousand, each owner's first is read and no more."""
    add("a", 3)
    add("b")
    plans = []

    def note(connection, cursor, sql, values, *rest):
        if "jobs" in sql and not sql.startswith("EXPLAIN"):
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
            plans.extend(row[3] for row in rows)

    event.listen(history.database.reader, "before_cursor_execute", note)
    assert book.claim("one", 20)
    of_jobs = [line for line in plans if "jobs" in line and "sqlite_autoindex_jobs_1" not in line]
    wanted = "SEARCH jobs USING COVERING INDEX ix_jobs_turn (state=?"
    assert of_jobs
    assert all(line.startswith((wanted, wanted.replace("COVERING ", ""))) for line in of_jobs), (
        plans
    )


def test_a_line_of_ten_thousand_costs_a_claim_nothing(database, history, book, add):
    one = add("a")[0]
    with history.database.writer.begin() as connection:
        names = [name for name in one.__dataclass_fields__ if name not in ("id", "created_at")]
        connection.exec_driver_sql(
            "WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 10000)"
            f" INSERT INTO jobs (id, created_at, {', '.join(names)})"
            f" SELECT n, created_at, {', '.join(names)} FROM many JOIN jobs"
        )
    add("b", 3)
    steps = []
    with history.database.writer.connect() as connection:
        driver = connection.connection.driver_connection
        driver.set_progress_handler(lambda: steps.append(1), 100)
    assert [book.claim("one", 20).owner for _ in range(4)] == ["a", "b", "a", "b"]
    assert 0 < len(steps) < 60  # hundreds of steps of SQLite's; to count the jobs once takes 300


def test_jobs_of_before_have_turns_as_well(book, add):
    add("", 2)
    add("a", 2)
    assert [book.claim("one", 20).owner for _ in range(4)] == ["", "a", "", "a"]
    assert book.claim("one", 20) is None
    assert datetime.now(UTC) - book.running()[0].started_at < timedelta(minutes=1)
