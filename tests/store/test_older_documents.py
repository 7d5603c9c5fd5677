"""Documents that earlier versions recorded, as they lie in histories, byte for byte.

Those under documents/ were made by these versions, of the sample clip.
"""

import hashlib
from pathlib import Path

import pytest

from unmask.core.analysis import Analysis
from unmask.core.version import JUDGING
from unmask.evidence import csv_frames, document_sha256, html_report
from unmask.evidence.outdated import judged_otherwise
from unmask.pipeline import report_of
from unmask.store import fingerprint

RECORDED = sorted((Path(__file__).parent / "documents").glob("*.json"))


@pytest.fixture(params=RECORDED, ids=lambda path: path.stem)
def document(request):
    return request.param.read_text(encoding="utf-8")


def test_there_are_some():
    assert len(RECORDED) >= 2


def test_it_keeps_the_hash_by_which_reports_named_it(document):
    """Fields that came since must not change it: a report of then is checked by it now."""
    then = hashlib.sha256(document.encode()).hexdigest()
    analysis = Analysis.from_json(document)
    assert document_sha256(analysis) == then
    assert then in html_report(report_of(analysis, source=None))


def test_one_made_now_has_the_hash_of_what_is_recorded(make_analysis):
    made = make_analysis()
    written = hashlib.sha256(made.to_json().encode()).hexdigest()
    assert document_sha256(made) == written
    assert document_sha256(Analysis.from_json(made.to_json())) == written


def test_it_is_shown_and_says_that_this_version_judges_otherwise(document):
    analysis = Analysis.from_json(document)
    assert analysis.judging == 0
    assert f"(way of judging 0, now {JUDGING})" in judged_otherwise(analysis)
    page = html_report(report_of(analysis, source=None))
    assert "An older result." in page
    assert "Way of judging" in page
    german = html_report(report_of(analysis, source=None, language="de"))
    assert "Ein älteres Ergebnis." in german
    assert csv_frames(analysis).count("\n") == 1 + sum(len(face.frames) for face in analysis.faces)


def test_a_result_of_this_version_says_nothing_of_the_kind(make_analysis):
    now = make_analysis().model_copy(update={"judging": JUDGING})
    assert judged_otherwise(now) == ""
    assert "An older result." not in html_report(report_of(now, source=None))


def test_the_last_of_the_same_bytes_is_found_whatever_made_it(history, make_analysis):
    assert history.latest("a" * 64) is None
    history.record(make_analysis("one.mp4"), fingerprint="1" * 64)
    last = history.record(make_analysis("one.mp4", label="inconclusive"), fingerprint="2" * 64)
    history.record(make_analysis("other.mp4"), fingerprint="2" * 64)
    assert history.latest(last.sha256).entry.id == last.id


def test_another_way_of_judging_does_not_answer(history, make_analysis):
    entry = history.record(make_analysis(), fingerprint=fingerprint({}, judging=JUDGING - 1))
    key = entry.sha256, entry.model_sha256
    assert history.find(*key, fingerprint({}, judging=JUDGING - 1)) is not None
    assert history.find(*key, fingerprint({})) is None
