from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sample_analysis import sample
from sqlalchemy import event, text

from unmask.core.errors import DiskFull, StoreError
from unmask.core.scan import Failure
from unmask.store import (
    CustodyLog,
    Deliveries,
    Filters,
    JobBook,
    NewJob,
    Settings,
    Tokens,
    other_names,
)

FAILURE = Failure(code="damaged", message="not one frame", hint="")


def new(sha256="a" * 64, **fields):
    usual = {
        "name": "film.mp4",
        "bytes": 5,
        "model_sha256": "b" * 64,
        "fingerprint": "c" * 64,
        "options": {"clips": 2},
    }
    return NewJob(sha256=sha256, **(usual | fields))


@pytest.fixture
def book(history):
    return JobBook(history)


def test_a_job_waits_runs_and_ends(book):
    job, added = book.add(new())
    assert added
    assert (job.state, job.options, job.error) == ("queued", {"clips": 2}, None)
    held = book.claim("one", 20)
    assert held is not None
    assert held.attempts == 1
    assert held.lease_until > datetime.now(UTC)
    assert book.renew(held, 20, ("look", 3, 9)) == "go"
    assert (book.get(job.id).stage, book.get(job.id).done) == ("look", 3)
    assert book.finish(held, "failed", FAILURE)
    ended = book.get(job.id)
    assert (ended.state, ended.error) == ("failed", FAILURE)
    assert not book.finish(held, "done")


def test_the_same_file_is_not_queued_twice_while_it_waits(book):
    job, _ = book.add(new())
    assert book.add(new()) == (job, False)
    assert book.add(new(), fresh=True)[1]
    assert book.add(new(fingerprint="d" * 64))[1]
    other, _ = book.add(new(sha256="e" * 64))
    book.cancel(other.id)
    assert book.add(new(sha256="e" * 64))[1]


def test_of_many_workers_one_gets_the_job(book):
    job, _ = book.add(new())
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda n: book.claim(f"w{n}", 20), range(24)))
    assert sum(claim is not None for claim in claims) == 1
    assert book.get(job.id).attempts == 1


def test_a_worker_given_up_for_dead_cannot_finish(book):
    job, _ = book.add(new())
    first = book.claim("one", 20)
    assert book.give_back(first)
    second = book.claim("two", 20)
    assert book.renew(first, 20, ("look", 1, 2)) == "lost"
    assert not book.finish(first, "failed", FAILURE)
    assert book.finish(second, "done")
    assert book.get(job.id).state == "done"


def test_a_worker_whose_job_went_on_unharmed_cannot_finish_it_either(book):
    """The attempt did not count: by its number alone the first could pass for the second."""
    job, _ = book.add(new())
    first = book.claim("one", 20)
    assert book.give_back(first, unharmed=True)
    second = book.claim("two", 20)
    assert (first.attempts, second.attempts) == (1, 1)
    assert book.renew(first, 20, ("look", 1, 2)) == "lost"
    assert not book.finish(first, "failed", FAILURE)
    assert not book.give_back(first)
    assert book.finish(second, "done")
    assert book.get(job.id).state == "done"


def test_cancelling(book, history):
    waiting, _ = book.add(new())
    assert book.cancel(waiting.id)
    assert book.get(waiting.id).state == "cancelled"
    assert book.claim("one", 20) is None
    assert not book.cancel(waiting.id)
    book.add(new())
    running = book.claim("one", 20)
    assert book.cancel(running.id)
    assert book.renew(running, 20, ("look", 1, 2)) == "cancel"
    history.delete(running.id)
    assert book.renew(running, 20, ("look", 1, 2)) == "lost"


def test_lists(book):
    first, _ = book.add(new(batch="x"))
    second, _ = book.add(new(sha256="d" * 64, batch="x"))
    book.cancel(second.id)
    assert [job.id for job in book.batch("x")] == [first.id, second.id]
    assert [job.id for job in book.unfinished()] == [first.id]
    assert [job.id for job in book.failed()] == [second.id]
    assert {job.id for job in book.several([first.id, "none", second.id])} == {first.id, second.id}
    assert book.counts() == {"queued": 1, "cancelled": 1}
    with book.holding("d" * 64) as uses:
        assert uses == 1
    third, _ = book.add(new(sha256="f" * 64))
    assert book.ahead_of(first, third) == {first.id: 0, third.id: 1}


def test_an_analysis_has_the_id_of_its_job_and_only_once(history, make_analysis):
    analysis = make_analysis()
    history.record(analysis, fingerprint="f" * 64, id="1234")
    assert history.get("1234").analysis == analysis
    with pytest.raises(StoreError):
        history.record(analysis, fingerprint="f" * 64, id="1234")
    assert history.count() == 1


def test_the_custody_log_keeps_order_and_dies_with_its_file(history):
    log = CustodyLog(history)
    log.add("1", "received", "5 bytes")
    log.add("1", "analysed")
    log.add("2", "received")
    assert [event.event for event in log.of("1")] == ["received", "analysed"]
    assert log.of("1")[0].at <= log.of("1")[1].at
    history.delete("1")
    assert (log.of("1"), len(log.of("2"))) == ([], 1)


def test_tokens_are_known_by_their_hash_only(history, database):
    tokens = Tokens(history)
    token, secret = tokens.create("newsroom")
    assert tokens.check(secret) == token.id
    assert tokens.check(secret + "x") is None
    assert tokens.list()[0].used_at is not None
    history.close()
    stored = b"".join(path.read_bytes() for path in database.parent.iterdir())
    assert secret.encode() not in stored
    assert tokens.delete(token.id)
    assert tokens.check(secret) is None


def test_a_token_is_good_until_it_expires(history):
    tokens = Tokens(history)
    token, secret = tokens.create("contractor", days=30)
    assert token.good
    assert tokens.check(secret) == tokens.known(secret) == token.id
    assert tokens.count() == 1
    with history.database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE tokens SET expires_at = '2000-01-01 00:00:00.000000'")
    assert tokens.check(secret) is tokens.known(secret) is None
    assert tokens.count() == 0  # a server that asks for tokens has none to ask for
    assert [one.good for one in tokens.list()] == [False]


def test_that_a_token_was_used_is_noted_once_a_minute(history):
    """Each note is a write to the disk, which every call would wait for."""
    tokens, notes = Tokens(history), []
    token, secret = tokens.create("newsroom")
    engine = history.database.reader
    heard = lambda _, __, sql, *rest: sql.startswith("UPDATE") and notes.append(sql)  # noqa: E731
    event.listen(engine, "before_cursor_execute", heard)
    for _ in range(5):
        assert tokens.check(secret) == token.id
    assert len(notes) == 1
    for long_ago in ("2000-01-01", "2999-01-01"):  # the clock was wrong, and is right again
        with history.database.writer.begin() as connection:
            connection.execute(text(f"UPDATE tokens SET used_at = '{long_ago} 00:00:00.000000'"))
        notes.clear()
        assert tokens.check(secret) == token.id
        assert len(notes) == 1
        assert abs(datetime.now(UTC) - tokens.list()[0].used_at) < timedelta(minutes=1)
    event.remove(engine, "before_cursor_execute", heard)


def test_a_token_is_good_where_its_use_cannot_be_noted(history, database):
    tokens = Tokens(history)
    token, secret = tokens.create("newsroom")
    with history.database.reader.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(StoreError):
        tokens.create("another")
    assert tokens.check(secret) == token.id


def test_settings(history):
    settings = Settings(history)
    assert settings.get("days", 30) == 30
    settings.set("days", 7)
    settings.set("days", 8)
    assert settings.get("days") == 8
    settings.set("days", None)
    assert settings.get("days") is None


def test_a_job_and_what_is_said_of_it_are_on_record_together_or_not_at_all(
    book, history, monkeypatch
):
    """On a full disk the one fitted and the other did not: a job without its first line."""
    job, _ = book.add(new(origin="submitted to the API", webhook="https://a.example/"))
    log, told = CustodyLog(history), Deliveries(history)
    assert [(line.event, line.detail) for line in log.of(job.id)] == [
        ("received", "submitted to the API")
    ]
    assert [one.url for one in told.of(job.id)] == ["https://a.example/"]
    book.add(new(name="other.mp4", webhook="https://b.example/"))
    assert log.of(job.id)[1].detail == "also as other.mp4"
    assert [one.url for one in told.of(job.id)] == ["https://a.example/", "https://b.example/"]

    def no_room(*_):
        raise DiskFull("cannot write to the history: the disk is full")

    for what in ("EventRow.of", "to_be_told"):
        with monkeypatch.context() as full:
            full.setattr(f"unmask.store.jobs.{what}", no_room)
            with pytest.raises(DiskFull):
                book.add(new(sha256="e" * 64, webhook="https://a.example/"))
        assert book.uses("e" * 64) == 0


def test_a_name_that_came_while_its_file_waited_is_found_when_it_is_done(book, history):
    job, _ = book.add(new(name="clip.mp4"))
    for name in ("evidence 7.mov", "evidence 7.mov", "clip.mp4"):
        book.add(new(name=name))
    history.record(sample("clip.mp4"), fingerprint="f", id=job.id)
    book.add(new(name="between.mov"))  # its result is there, its end is not on record yet
    for part in ("evidence 7", "between", "clip"):
        assert [one.id for one in history.list(Filters(text=part))] == [job.id]
    assert other_names(CustodyLog(history).of(job.id)) == ("between.mov", "evidence 7.mov")


def test_a_result_and_its_line_in_the_custody_log_are_one(
    history, book, make_analysis, monkeypatch
):
    job, _ = book.add(new())

    def no_room(*_):
        raise DiskFull("cannot write to the history: the disk is full")

    with monkeypatch.context() as full:
        full.setattr("unmask.store.history.EventRow.of", no_room)
        with pytest.raises(DiskFull):
            history.record(make_analysis(), fingerprint="c" * 64, id=job.id)
    assert history.get(job.id) is None
    history.record(make_analysis(), fingerprint="c" * 64, id=job.id)
    assert [line.event for line in CustodyLog(history).of(job.id)] == ["received", "analysed"]


def test_what_failed_waits_again_under_its_id(book, history):
    webhook = "https://a.example/"
    full, _ = book.add(new(owner="api:1", webhook=webhook))
    other, _ = book.add(new(sha256="d" * 64, owner="api:1"))
    stranger, _ = book.add(new(sha256="e" * 64, owner="api:2"))
    no_room = Failure(code="disk-full", message="there is no room", hint="")
    for job, error in ((full, no_room), (other, FAILURE), (stranger, no_room)):
        book.give_up(job, error)
    assert book.failed_by_code() == {"disk-full": 2, "damaged": 1}
    told, log = Deliveries(history), CustodyLog(history)
    sent = told.take("a.example", 60)
    assert told.delivered(sent)
    assert book.retry_failed("api:1", code="disk", most=9) == 0
    assert book.retry_failed("api:1", code="disk-full", most=9) == 1
    again = book.get(full.id)
    assert (again.state, again.error, again.finished_at) == ("queued", None, None)
    assert book.claim("worker", 20) == book.get(full.id)
    assert log.of(full.id)[-1].detail == f"again, after {full.id}"
    assert told.take("a.example", 60) is None  # it has not ended yet
    assert book.finish(book.get(full.id), "done")
    assert told.take("a.example", 60).id != sent.id  # who has that one would pass over it
    assert book.retry_failed("api:1", most=1) == 1
    assert book.retry_failed("api:1", most=1) == 0
    assert book.get(stranger.id).state == "failed"


def test_what_fails_anew_at_once_is_retried_once(book, monkeypatch):
    """While their files were away, all that were retried failed at once, and were taken again."""
    jobs = [book.add(new(sha256=f"{number:064x}", owner="api:1"))[0] for number in range(5)]
    for job in jobs:
        book.give_up(job, FAILURE)
    retry, times = JobBook._retry, []

    def failing_anew(self, *wanted, most):
        assert len(times) < 9
        times.append(1)
        done = retry(self, *wanted, most=most)
        for _, id in done:
            book.give_up(book.get(id), FAILURE)
        return done

    monkeypatch.setattr(JobBook, "_retry", failing_anew)
    assert book.retry_failed("api:1", most=2) == 5
    assert book.retry_failed("api:2", most=2) == 0


def test_only_what_failed_or_was_cancelled_is_retried(book):
    job, _ = book.add(new())
    assert not book.retry(job.id)
    assert book.cancel(job.id)
    assert book.retry(job.id)
    assert not book.get(job.id).cancel
    book.finish(book.claim("worker", 20), "done")
    assert not book.retry(job.id)


def test_a_message_of_an_end_that_is_none_any_more_waits_for_the_next(book, history):
    job, _ = book.add(new(webhook="https://a.example/"))
    book.give_up(job, FAILURE)
    assert Deliveries(history).hosts_due(9) == ["a.example"]
    assert book.retry(job.id)
    assert Deliveries(history).hosts_due(9) == []
    assert len(Deliveries(history).of(job.id)) == 1


def test_webhooks_that_were_given_up_are_sent_again(book, history):
    """A receiver that was down for a day had lost what was to be told it."""
    told, url = Deliveries(history), "https://a.example/"
    ids = []
    for number in range(3):
        job, _ = book.add(new(sha256=f"{number}" * 64, webhook=url))
        book.give_up(job, FAILURE)
        ids.append(job.id)
    taken = [told.take("a.example", 60) for _ in ids]
    assert told.again(ids[0]) == 0  # it is on its way yet
    for one in taken[:2]:
        assert told.failed(one, "a.example answered with 500", None)
    assert told.delivered(taken[2])
    assert (told.counted("given-up"), told.counted("waiting")) == (2, 0)
    assert told.revive(most=1) == 1
    assert [told.revive(most=9), told.revive(most=9)] == [1, 0]
    again = [told.take("a.example", 60) for _ in range(2)]
    assert {one.id for one in again} == {one.id for one in taken[:2]}
    assert {one.attempts for one in again} == {1}
    assert told.again(ids[2]) == 1
    assert told.take("a.example", 60).id not in {one.id for one in taken}
