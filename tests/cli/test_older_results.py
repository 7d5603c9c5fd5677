"""After an upgrade: what earlier versions said is no answer, and is not lost either."""

from __future__ import annotations

import json
import sqlite3

import pytest

from unmask.core.errors import StoreBusy
from unmask.core.version import JUDGING
from unmask.store import History


@pytest.fixture
def as_before(home):
    """Make what is on record one of an earlier version's, which came to another label."""

    def change(label: str = "inconclusive") -> str:
        database = sqlite3.connect(home / "history.db")
        (id, text) = database.execute("SELECT id, document FROM analyses").fetchone()
        document = json.loads(text)
        del document["judging"]
        document["verdict"] |= {"label": label, "probability": 0.42}
        with database:
            database.execute(
                "UPDATE analyses"
                " SET document = ?, label = ?, probability = 0.42, fingerprint = 'x'",
                (json.dumps(document), label),
            )
        database.close()
        return id

    return change


def test_an_old_result_is_no_answer_and_its_verdict_is_told(scan, portrait, as_before):
    scan(portrait)
    id = as_before()
    again = scan(portrait, "--json", "-").json
    assert again["judging"] == JUDGING
    assert again["verdict"]["label"] == "manipulated"
    (notice,) = again["warnings"]
    assert notice["code"] == "judged-before"
    assert notice["message"].startswith("Judged otherwise before: Inconclusive 0.42 on 2")
    assert "Unmask 0.1.0, way of judging 0" in notice["message"]
    assert id[:8] in notice["message"]
    known = scan(portrait)  # and what was recorded now says nothing of what was before
    assert "Answered from history" in known.out
    assert f"by Unmask 0.1.0, way of judging {JUDGING} (--fresh" in " ".join(known.out.split())
    assert "Judged otherwise" not in known.out


@pytest.mark.parametrize("reason", ["the same verdict", "another part", "no history", "broken"])
def test_nothing_is_told_where_there_is_nothing_to_tell(scan, untouched, as_before, home, reason):
    part = ("--from", "1") if reason == "another part" else ()
    scan(untouched, *part)
    label = as_before("manipulated" if reason == "the same verdict" else "inconclusive")
    assert label
    if reason == "broken":
        database = sqlite3.connect(home / "history.db")
        with database:
            database.execute("UPDATE analyses SET document = '{}'")
        database.close()
    more = ("--no-history",) if reason == "no history" else ()
    ran = scan(untouched, *more)
    assert ran.code == 0
    assert "Judged otherwise" not in ran.out


def test_what_cannot_be_read_answers_nobody_and_hinders_nobody(scan, portrait, untouched, home):
    """One broken entry switched the history off for the rest of a scan."""
    scan(portrait)
    database = sqlite3.connect(home / "history.db")
    with database:
        database.execute("UPDATE analyses SET document = '{}'")
    ran = scan(portrait, untouched)
    assert ran.code == 0
    assert "without history" not in ran.err
    assert database.execute("SELECT count(*) FROM analyses").fetchone() == (3,)
    database.close()
    assert scan(portrait, untouched).out.count("Answered from history") == 2


@pytest.mark.parametrize(("locked", "recorded"), [("x.xx.", 2), ("xxx..", 0)])
def test_a_history_that_is_locked_for_a_while_is_not_given_up(
    scan, make_portrait, tmp_path, home, monkeypatch, locked, recorded
):
    """Half a minute of somebody's own backup left all that came after it unrecorded."""
    record, left = History.record, list(locked)

    def busy(self, *given, **more):
        if left.pop(0) == "x":
            raise StoreBusy("cannot write to the history: another process kept it locked")
        return record(self, *given, **more)

    monkeypatch.setattr(History, "record", busy)
    portraits = [make_portrait(tmp_path / f"{shade}.png", shade) for shade in range(5)]
    ran = scan("--jobs", 1, *portraits)
    assert ran.code == 0
    database = sqlite3.connect(home / "history.db")
    assert database.execute("SELECT count(*) FROM analyses").fetchone() == (recorded,)
    database.close()
    assert ran.err.count("one result is not recorded") == (3 if recorded else 2)
    assert ("going on without history" in ran.err) is (not recorded)


def test_an_old_result_says_so_when_it_is_shown(scan, unmask, portrait, as_before):
    scan(portrait)
    id = as_before()
    ran = unmask("history", "show", id)
    assert "Unmask    0.1.0, way of judging 0" in ran.out
    assert f"(way of judging 0, now {JUDGING})" in ran.err
    assert "unmask scan --fresh FILE" in ran.err
    scan(portrait)
    new = next(
        line.split()[0]
        for line in unmask("history").out.splitlines()[1:]
        if not id.startswith(line.split()[0])
    )
    assert unmask("history", "show", new).err == ""


@pytest.fixture
def of_an_earlier_version(scan, portrait, home):
    """A history at revision 0004."""
    from alembic import command
    from alembic.config import Config

    from unmask.store import History
    from unmask.store.migrate import MIGRATIONS

    scan(portrait)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with History() as history, history.database.writer.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
    return home / "history.db"


def revision(database) -> str:
    connection = sqlite3.connect(database)
    (found,) = connection.execute("SELECT version_num FROM unmask_revision").fetchone()
    connection.close()
    return found


def test_a_copy_made_before_an_upgrade_can_be_gone_back_to(unmask, of_an_earlier_version, tmp_path):
    said = unmask("doctor").out
    assert "0004, of an earlier version" in said
    assert "unmask history backup FILE" in said
    assert unmask("history", "backup", tmp_path / "copy.db").code == 0
    assert revision(tmp_path / "copy.db") == revision(of_an_earlier_version) == "0004"
    assert unmask("history").code == 0
    assert revision(of_an_earlier_version) != "0004"
    said = unmask("doctor").out
    assert "this version's" in said
    assert f"by Unmask 0.1.0, way of judging {JUDGING}" in said


def test_doctor_names_a_history_of_a_newer_version(unmask, of_an_earlier_version):
    connection = sqlite3.connect(of_an_earlier_version)
    with connection:
        connection.execute("UPDATE unmask_revision SET version_num = '9999'")
    connection.close()
    ran = unmask("doctor")
    assert ran.code == 3
    assert "was made by a newer Unmask (revision 9999)" in ran.err
