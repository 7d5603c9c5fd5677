"""``unmask history``."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import time
from dataclasses import fields

import pytest

from unmask.jobs import Folders, Vault
from unmask.store import CustodyLog, Filters, History, JobBook, NewJob


@pytest.fixture
def past(scan, unmask, portrait, landscape):
    """A history of two analyses."""
    assert scan(portrait, landscape, "--jobs", 1).code == 0
    return unmask


def ids(ran) -> list[str]:
    return [line.split()[0] for line in ran.out.splitlines()[1:]]


def test_nothing_yet(unmask):
    ran = unmask("history")
    assert (ran.code, ran.out) == (0, "")
    assert "no analyses in the history" in ran.err


def test_the_newest_come_first(past, portrait, landscape):
    heading, *rows = past("history").out.splitlines()
    assert heading.split() == ["ID", "Analysed", "Verdict", "P(manipulated)", "File"]
    assert [row.split()[-1] for row in rows] == [str(landscape), str(portrait)]
    assert "No face" in rows[0]
    assert rows[1].split()[3:6] == ["Manipulated", ">", "0.99"]


def test_a_list_can_be_ordered_and_cut(past, portrait, landscape):
    rows = past("history", "list", "--order", "oldest").out.splitlines()[1:]
    assert [row.split()[-1] for row in rows] == [str(portrait), str(landscape)]
    short = past("history", "list", "--limit", 1)
    assert len(ids(short)) == 1
    assert "1 more: --limit 2 lists them all" in short.err


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (("--label", "manipulated"), 1),
        (("--label", "inconclusive"), 0),
        (("--text", "landsc"), 1),
        (("--since", "2000-01-01"), 2),
        (("--until", "2000-01-01"), 0),
        (("--label", "no-face", "--text", "portrait"), 0),
    ],
)
def test_a_list_can_be_filtered(past, chosen, found):
    ran = past("history", "list", *chosen)
    assert len(ids(ran)) == found
    assert ("no such analyses" in ran.err) == (found == 0)


def test_one_is_shown_as_it_was_scanned(past, portrait):
    (id_,) = ids(past("history", "list", "--label", "manipulated"))
    ran = past("history", "show", id_)
    assert ran.code == 0
    assert str(portrait) in ran.out
    assert "    The probability lies in the range that counts as manipulated." in ran.out
    assert re.search(r"^Model     tiny 0\.1 \([0-9a-f]{12}\)$", ran.out, re.MULTILINE)
    assert re.search(r"^SHA-256   [0-9a-f]{64}$", ran.out, re.MULTILINE)


def test_one_as_its_document(scan, past, portrait):
    (id_,) = ids(past("history", "list", "--label", "manipulated"))
    again = scan(portrait, "--json", "-").json
    shown = past("history", "show", id_[:4], "--json").json
    assert again.pop("warnings")[0]["code"] == "from-history"
    assert shown.pop("warnings") == []
    assert shown == again


def test_an_id_that_is_not_there(past):
    ran = past("history", "show", "zzzz")
    assert ran.code == 2
    assert "no analysis 'zzzz'" in ran.err
    assert "'unmask history' lists them" in ran.err


def test_export_as_rows(past):
    rows = list(csv.DictReader(io.StringIO(past("history", "export", "--csv", "-").out)))
    assert [row["label"] for row in rows] == ["manipulated", "no-face"]
    assert float(rows[0]["probability"]) > 0.99
    assert rows[1]["probability"] == ""


def test_export_to_files(past, tmp_path):
    ran = past("history", "export", "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv")
    assert (ran.code, ran.out) == (0, "")
    assert '"unmask.scan/1"' in (tmp_path / "a.json").read_text()
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 3


def test_export_needs_a_place(past):
    ran = past("history", "export")
    assert ran.code == 2
    assert "--json FILE" in ran.err
    assert past("history", "export", "--json", "-", "--csv", "-").code == 2


def test_deleting_asks_and_nobody_answers(past):
    (id_,) = ids(past("history", "list", "--label", "manipulated"))
    ran = past("history", "delete", id_)
    assert ran.code == 2
    assert "1 to delete, and nobody to ask" in ran.err
    assert len(ids(past("history"))) == 2


def test_deleting_one(past, scan, portrait):
    (id_,) = ids(past("history", "list", "--label", "manipulated"))
    assert "1 deleted" in past("history", "delete", id_, "--yes").err
    assert len(ids(past("history"))) == 1
    assert scan(portrait, "--json", "-").json["warnings"] == []  # it had to look again
    assert portrait.is_file()


def test_deleting_what_is_chosen_and_all(past):
    assert "1 deleted" in past("history", "delete", "--label", "no-face", "-y").err
    assert "1 deleted" in past("history", "delete", "--all", "-y").err
    assert "nothing to delete" in past("history", "delete", "--all", "-y").err


@pytest.mark.parametrize("by_id", [True, False])
def test_many_are_deleted_a_few_at_a_time(past, monkeypatch, by_id):
    """In one transaction, others who want to write would wait for it, and give up."""
    at_once, delete = [], History.delete

    def counted(self, *ids):
        at_once.append(len(ids))
        return delete(self, *ids)

    monkeypatch.setattr(History, "delete", counted)
    monkeypatch.setattr("unmask.jobs.deleting.AT_A_TIME", 1)
    chosen = ids(past("history")) if by_id else ["--all"]
    assert "2 deleted" in past("history", "delete", *chosen, "-y").err
    assert at_once == [1, 1]


@pytest.mark.parametrize("given", [(), ("--all", "--label", "no-face"), ("abcd", "--all")])
def test_deleting_needs_one_way_of_choosing(past, given):
    ran = past("history", "delete", *given, "--yes")
    assert ran.code == 2
    assert "just one" in ran.err
    assert len(ids(past("history"))) == 2


@pytest.mark.parametrize("given", [("--text", " \t"), ("--text", "", "--label", "manipulated")])
def test_a_text_that_is_blank_deletes_nothing(past, given):
    """A shell gives it for a variable that holds nothing, or a space."""
    ran = past("history", "delete", *given, "--yes")
    assert ran.code == 2
    assert "blank" in ran.err
    assert len(ids(past("history"))) == 2


def test_none_goes_where_one_of_the_ids_is_wrong(past):
    (id_,) = ids(past("history", "list", "--label", "manipulated"))
    assert past("history", "delete", id_, "zzzz", "--yes").code == 2
    assert len(ids(past("history"))) == 2


def test_a_known_file_is_answered_and_says_so(scan, portrait):
    assert "Answered from history" not in scan(portrait).out
    assert "Answered from history: analysed on" in scan(portrait).out
    assert "Answered from history" not in scan(portrait, "--fresh").out
    assert "Answered from history" not in scan(portrait, "--no-history").out


def test_other_options_or_another_model_look_again(scan, unmask, portrait, trusting):
    scan(portrait)
    assert "Answered from history" not in scan(portrait, "--min-face", 50).out
    assert "Answered from history" not in unmask("scan", "--model", trusting, portrait).out


def test_no_history_leaves_no_trace(scan, portrait, home):
    scan(portrait, "--no-history")
    assert not home.exists()


def test_a_history_that_cannot_be_used_does_not_cost_the_verdict(scan, portrait, home):
    home.mkdir()
    (home / "history.db").write_text("this is no database, however long it goes on" * 100)
    ran = scan(portrait)
    assert ran.code == 0
    assert "history.db" in ran.err
    assert "going on without history" in ran.err
    assert "Manipulated" in ran.out
    assert scan(portrait, "--no-history").err == ""


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone cannot be changed there")
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (("--since", "0001-01-01"), 2),
        (("--until", "0001-01-01"), 0),
        (("--since", "9999-12-31T23:59:59"), 0),
        (("--until", "9999-12-31T23:59:59"), 2),
        (("--limit", "99999999999999999999"), 2),
    ],
)
def test_the_ends_of_time_and_numbers(past, monkeypatch, zone, chosen, found):
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", zone)
        time.tzset()
        ran = past("history", "list", *chosen)
    time.tzset()
    assert ran.code == 0
    assert len(ids(ran)) == found


@pytest.fixture
def uploaded(past, home):
    """The id of an analysis that the web app made, and of another that a scan made."""
    folders = Folders(home)
    with History() as history:
        stored = history.get(history.list(Filters(label="manipulated"))[0].id)
        incoming = Vault(folders).receive(10)
        incoming.write(b"film")
        incoming.keep()
        analysis = stored.analysis
        media = analysis.media.model_copy(update={"sha256": incoming.sha256, "name": "up.png"})
        entry = stored.entry
        new = NewJob(
            name="up.png",
            bytes=4,
            sha256=incoming.sha256,
            model_sha256=entry.model_sha256,
            fingerprint=entry.fingerprint,
            options={},
        )
        job, _ = JobBook(history).add(new)
        analysis = analysis.model_copy(update={"media": media})
        JobBook(history).claim("one that died", 20)
        history.record(analysis, fingerprint=entry.fingerprint, id=job.id)
    for name in (job.id, f"{job.id}.draft-1", entry.id):
        (folders.evidence / name).mkdir()
        (folders.evidence / name / "face-0.jpg").write_bytes(b"a face")
    return job.id, entry.id


def kept(home) -> list[str]:
    return sorted(
        path.relative_to(home).parts[1]
        for name in ("uploads", "evidence")
        for path in (home / name).rglob("*")
        if path.is_file()
    )


@pytest.mark.parametrize("chosen", [("ID",), ("--text", "up.png")])
def test_deleting_takes_what_the_web_app_kept(past, home, uploaded, chosen):
    mine, other = uploaded
    assert len(kept(home)) == 4
    ran = past("history", "delete", *(mine if one == "ID" else one for one in chosen), "--yes")
    assert "1 deleted" in ran.err
    assert kept(home) == [other]
    with History() as history:
        assert JobBook(history).get(mine) is None
        assert CustodyLog(history).of(mine) == []
        assert history.get(other) is not None


def test_a_file_that_another_job_is_about_stays(past, home, uploaded):
    mine, _ = uploaded
    with History() as history:
        book = JobBook(history)
        job = book.get(mine)
        kept_of_it = {one.name for one in fields(NewJob)} - {"origin", "webhook"}
        book.add(NewJob(**{name: getattr(job, name) for name in kept_of_it}), fresh=True)
    past("history", "delete", mine, "--yes")
    assert len(kept(home)) == 2  # the file, and the other's pictures


def test_deleting_needs_no_extra_and_makes_no_folder(past, home):
    code = """
import sys
for extra in ("huey", "flask", "cryptography", "waitress", "yt_dlp"):
    sys.modules[extra] = None
from unmask.cli import main
sys.exit(main(["history", "delete", "--all", "--yes"]))
"""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"UNMASK_DATA": str(home)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "unmask: 2 deleted\n")
    assert not (home / "uploads").exists()
    assert not (home / "evidence").exists()


def test_a_backup_is_a_history_of_its_own_and_replaces_none(unmask, tmp_path):
    copy = tmp_path / "copy.db"
    assert unmask("history", "backup", str(copy)).code == 0
    with History(copy) as restored:
        assert restored.count() == 0
    ran = unmask("history", "backup", str(copy))
    assert ran.code != 0
    assert "cannot be made: File exists" in ran.err
