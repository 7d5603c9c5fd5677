"""Jobs that were booked by one version and are done by another."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from unmask.core.analysis import Analysis
from unmask.core.scan import Failure
from unmask.core.version import JUDGING
from unmask.jobs import options as job_options
from unmask.jobs.options import JobOptions, installed
from unmask.jobs.running import _judged_as
from unmask.store import fingerprint


def as_before_an_upgrade(desk, id: str, **more: object) -> None:
    """The row as an earlier version would have booked it: another model, judged otherwise."""
    from sqlalchemy import update

    from unmask.store.schema import JobRow

    change = {"model_sha256": "0" * 64, "fingerprint": "1" * 64} | more
    with desk.history.database.changing() as connection:
        connection.execute(update(JobRow).where(JobRow.id == id).values(change))


def test_what_waits_or_failed_is_judged_as_this_version_does(submit, desk, options):
    waits, failed, runs, apart = (submit(bytes([n]) * 9).id for n in range(4))
    assert desk.book.give_up(desk.book.get(failed), Failure(code="x", message="y", hint=""))
    for id in (waits, failed, runs):
        as_before_an_upgrade(desk, id)
    as_before_an_upgrade(desk, apart, options='{"model": "/nowhere/else", "clips": 4}')
    as_before_an_upgrade(desk, runs, state="running")
    assert desk.ask_for_today() == 2
    today = options.asked()
    for id in (waits, failed):
        job = desk.book.get(id)
        assert (job.model_sha256, job.fingerprint) == (today.model_sha256, today.fingerprint)
    assert desk.book.get(runs).model_sha256 == "0" * 64  # its worker says what came of it
    assert desk.book.get(apart).model_sha256 == "0" * 64  # nobody knows what it would be now
    assert desk.ask_for_today() == 0


def test_a_server_that_starts_takes_them_over(submit, desk, folders, options, tiny_model):
    pytest.importorskip("flask", reason="the extra 'web' is not installed")
    from unmask.web import WebConfig, create_app

    id = submit(b"film").id
    as_before_an_upgrade(desk, id)
    create_app(WebConfig(folders=folders, models=(str(tiny_model),), testing=True))
    assert desk.book.get(id).model_sha256 == options.asked().model_sha256


def test_a_shipped_model_is_known_by_its_name_where_its_folder_is_gone(monkeypatch, tmp_path):
    shipped = [
        SimpleNamespace(folder=Path("/now/models") / name, manifest=SimpleNamespace(name=kind))
        for name, kind in (("tiny-2", "tiny"), ("xception-lstm-14", "xception-lstm"))
    ]
    monkeypatch.setattr(job_options, "shipped_packages", lambda: tuple(shipped))
    assert installed("/then/models/xception-lstm-13") == "/now/models/xception-lstm-14"
    assert installed("/then/models/xception-lstm-14") == "/now/models/xception-lstm-14"
    assert installed("/own/lstm-13") == "/own/lstm-13"
    assert installed(str(tmp_path)) == str(tmp_path)
    assert installed("xception-lstm") == "xception-lstm"
    assert installed(None) is None


def test_a_result_answers_for_the_way_in_which_it_was_judged(submit, desk, options):
    """A worker of another version than the server's must not put its answers under new names."""
    job = desk.book.get(submit(b"film").id)
    asked = options.asked(judging=JUDGING + 1)
    newer = replace(job, fingerprint=asked.fingerprint)
    assert asked.fingerprint != options.asked().fingerprint
    fields = options.analyser().fingerprint_fields()
    assert _judged_as(newer, _judged(JUDGING)) == fingerprint(fields)
    assert _judged_as(newer, _judged(JUDGING + 1)) == asked.fingerprint
    gone = replace(job, options=JobOptions(model="/nowhere/else").model_dump())
    assert _judged_as(gone, _judged(JUDGING)) == ""


def test_pictures_that_the_database_does_not_know_go_with_retention(submit, desk):
    """As after a restore: they were drawn between the copy of the database and that of the rest."""
    id = submit(b"film").id
    known, draft = desk.folders.evidence / id, desk.folders.evidence / f"{id}.draft-1"
    stray = [desk.folders.evidence / name for name in ("0" * 20, f"{'0' * 20}.draft-2")]
    young = desk.folders.evidence / ("1" * 20)
    for place in (known, draft, *stray, young):
        place.mkdir()
        (place / "face-0-00.webp").write_bytes(b"a face")
        if place != young:
            os.utime(place, (0, 0))
    assert desk.expire(30, most=0) == 0  # there may be more to expire first
    assert all(place.exists() for place in stray)
    assert desk.expire(30, most=500) == 0
    assert [place.exists() for place in (known, draft, *stray, young)] == [1, 1, 0, 0, 1]


def _judged(number: int) -> Analysis:
    return Analysis.model_construct(judging=number)
