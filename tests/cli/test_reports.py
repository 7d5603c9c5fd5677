"""``scan --report`` and ``history report``."""

from __future__ import annotations

import json
import sys

import pytest

from unmask.evidence import document_sha256
from unmask.store import History


def test_a_page_for_one_file(scan, portrait, tmp_path):
    target = tmp_path / "out.html"
    ran = scan(portrait, "--report", target)
    assert (ran.code, ran.err) == (0, "")
    text = target.read_text("utf-8")
    assert "Report on portrait.png" in text
    assert text.count("<img ") == 4
    for words in ("read from disk as portrait.png", "recorded as ", "as HTML"):
        assert words in text


def test_a_pdf_for_one_file(scan, portrait, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    target = tmp_path / "世界 🎬.pdf"
    assert scan(portrait, "--report", target).code == 0
    reader = pypdf.PdfReader(target)
    assert "Report on portrait.png" in reader.pages[0].extract_text()
    assert f"Page 1 of {len(reader.pages)}" in reader.pages[0].extract_text()


def test_the_language_is_asked_for_or_the_locale_s(scan, unmask, portrait, tmp_path, monkeypatch):
    first, second, third = (tmp_path / f"{name}.html" for name in "abc")
    assert scan(portrait, "--report", first, "--language", "de").code == 0
    monkeypatch.setenv("LC_ALL", "de_AT.UTF-8")
    assert scan(portrait, "--report", second).code == 0
    for path in (first, second):
        text = path.read_text("utf-8")
        assert '<html lang="de">' in text
        for words in ("Bericht über portrait.png", "von der Platte gelesen als portrait.png"):
            assert words in text
    with History() as past:
        (entry,) = past.list()
    ran = unmask("history", "report", entry.id, "--report", third, "--language", "en")
    assert ran.code == 0
    assert "Report on portrait.png" in third.read_text("utf-8")
    fourth = tmp_path / "d.html"
    assert unmask("history", "report", entry.id, "--report", fourth).code == 0
    assert "Bericht über portrait.png" in fourth.read_text("utf-8")
    assert scan(portrait, "--report", tmp_path / "e.html", "--language", "fr").code == 2


def test_a_report_that_is_there_is_never_replaced(scan, portrait, tmp_path):
    target = tmp_path / "out.html"
    target.write_text("evidence")
    ran = scan(portrait, "--report", target)
    assert ran.code == 2
    assert "is there already, and may be evidence" in ran.err
    assert target.read_text() == "evidence"
    assert ran.out == ""


def test_a_folder_for_several(scan, portrait, landscape, untouched, tmp_path):
    folder = tmp_path / "new" / "reports"
    ran = scan(portrait, landscape, untouched, "/nowhere.mp4", "--report", folder)
    assert ran.code == 3
    names = sorted(path.name for path in folder.iterdir())
    assert [name.rpartition("-")[0] for name in names] == ["landscape", "portrait", "untouched"]
    assert all(name.endswith(".html") for name in names)


def test_in_a_folder_a_second_report_gets_a_number(scan, portrait, tmp_path):
    for _ in range(3):
        assert scan(portrait, "--report", tmp_path / "reports").code == 0
    names = sorted(path.name for path in (tmp_path / "reports").iterdir())
    (stem,) = {name.removesuffix(".html")[:17] for name in names}
    assert names == [f"{stem}-2.html", f"{stem}-3.html", f"{stem}.html"]


def test_a_folder_of_pdfs(scan, portrait, tmp_path):
    pytest.importorskip("typst")
    assert scan(portrait, "--report", tmp_path / "reports", "--report-format", "pdf").code == 0
    (path,) = (tmp_path / "reports").iterdir()
    assert path.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ("out.html", "several inputs need a folder"),
        ("out.pdf", "several inputs need a folder"),
        ("there.txt", "is a file"),
    ],
)
def test_places_that_cannot_be_meant_for_several(scan, portrait, tmp_path, place, complaint):
    (tmp_path / "there.txt").write_text("x")
    ran = scan(portrait, portrait, "--report", tmp_path / place)
    assert ran.code == 2
    assert complaint in ran.err
    assert ran.out == ""


def test_no_folder_for_the_file(scan, portrait, tmp_path):
    ran = scan(portrait, "--report", tmp_path / "none" / "out.html")
    assert ran.code == 2
    assert "there is no folder" in ran.err


def test_without_the_extra_a_pdf_is_refused_before_anything_is_opened(scan, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    ran = scan("/nowhere.mp4", "--report", tmp_path / "out.pdf")
    assert ran.code == 2
    assert ran.err == (
        "unmask: a PDF report needs the extra 'report', which is not installed\n"
        '        pip install "unmask[report]"\n'
    )


def test_a_report_that_fails_costs_no_other_result(scan, portrait, tmp_path, monkeypatch):
    def broken(report):
        raise RuntimeError("a fault")

    monkeypatch.setattr("unmask.cli.reports.html_report", broken)
    ran = scan(portrait, "--report", tmp_path / "out.html", "--json", tmp_path / "out.json")
    assert ran.code == 3
    assert (tmp_path / "out.json").is_file()
    assert "Manipulated" in ran.out
    assert "the report on " in ran.err
    assert "RuntimeError: a fault" in ran.err
    assert not (tmp_path / "out.html").exists()


def test_what_history_answers_is_reported_as_it_was_recorded(scan, portrait, tmp_path):
    first = scan(portrait, "--json", "-").json
    other = portrait.with_name("renamed.png")
    portrait.rename(other)
    target = tmp_path / "out.html"
    ran = scan(other, "--report", target)
    assert "Answered from history" in ran.out
    text = target.read_text("utf-8")
    assert "Report on portrait.png" in text
    assert "read from disk as renamed.png" in text
    with History() as past:
        (entry,) = past.list()
        stored = past.get(entry.id)
    assert stored.analysis.media.sha256 == first["media"]["sha256"]
    assert document_sha256(stored.analysis) in text


def test_a_report_on_an_analysis_of_the_history(scan, unmask, suspicious, portrait, tmp_path):
    scan(portrait)
    with History() as past:
        id = past.list()[0].id
    ran = unmask(
        "history", "report", id[:8], "--report", tmp_path / "a.html", "--model", suspicious
    )
    assert (ran.code, ran.err) == (0, "")
    text = (tmp_path / "a.html").read_text("utf-8")
    assert text.count("<img ") == 4
    assert f"recorded as {id}" in text
    again = unmask("history", "report", id[:8], "--report", tmp_path / "a.html")
    assert again.code == 2
    assert "is there already" in again.err


def test_without_model_or_file_the_report_says_so(scan, unmask, portrait, tmp_path):
    scan(portrait)
    with History() as past:
        id = past.list()[0].id
    ran = unmask("history", "report", id, "--report", tmp_path / "a.html")
    assert ran.code == 0
    assert "no heat maps: the model that scored is not installed" in ran.err
    assert (tmp_path / "a.html").read_text("utf-8").count("<img ") == 2
    moved = portrait.rename(tmp_path / "elsewhere.png")
    unmask("history", "report", id, "--report", tmp_path / "b.html")
    text = (tmp_path / "b.html").read_text("utf-8")
    assert "<img " not in text
    assert "the file is not there any more, and none were kept" in text
    unmask("history", "report", id, "--report", tmp_path / "c.html", "--source", moved)
    assert (tmp_path / "c.html").read_text("utf-8").count("<img ") == 2


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--report", "{}/a.txt"), "must end in .html or .pdf"),
        (("--report", "{}/a.html", "--source", "/nowhere.png"), "--source /nowhere.png: no such"),
        (("--report", "{}/a.html", "--model", "nonesuch"), "no model package named"),
    ],
)
def test_what_cannot_be_meant(scan, unmask, portrait, tmp_path, arguments, complaint):
    scan(portrait)
    with History() as past:
        id = past.list()[0].id
    ran = unmask("history", "report", id, *(one.format(tmp_path) for one in arguments))
    assert ran.code == 2
    assert complaint in ran.err


def test_another_model_than_scored_is_refused(scan, unmask, trusting, portrait, tmp_path):
    scan(portrait)
    with History() as past:
        id = past.list()[0].id
    ran = unmask("history", "report", id, "--report", tmp_path / "a.html", "--model", trusting)
    assert ran.code == 2
    assert "is not the model that scored" in ran.err


def test_an_interrupt_while_a_report_is_made_costs_no_result(
    scan, portrait, landscape, tmp_path, monkeypatch
):
    def interrupted(report):
        raise KeyboardInterrupt

    monkeypatch.setattr("unmask.cli.reports.html_report", interrupted)
    target = tmp_path / "out.json"
    ran = scan(portrait, landscape, "--report", tmp_path / "reports", "--json", target)
    assert ran.code == 130
    first, second = json.loads(target.read_text("utf-8"))["results"]
    assert first["verdict"]["label"] == "manipulated"
    # The second was done or not when the interrupt came; neither is lost.
    assert "verdict" in second or second["error"]["code"] == "interrupted"
