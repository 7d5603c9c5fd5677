"""A result of an earlier version in the pages."""

from __future__ import annotations

import re

from unmask.core.version import JUDGING


def test_a_result_that_was_judged_otherwise_says_so_and_how_to_judge_anew(
    browser, services, analysed
):
    now = browser.get(f"/analyses/{analysed}").text
    assert "way of judging" in now  # with the version
    assert "Another version of Unmask" not in now
    analysis = services.history.get(analysed).analysis
    old = analysis.model_copy(update={"judging": JUDGING - 1})
    id = services.history.record(old, fingerprint="e" * 64).id
    page = browser.get(f"/analyses/{id}").text
    note = page.partition("Another version of Unmask")[2].partition("</p>")[0]
    assert f"(way of judging {JUDGING - 1}, now {JUDGING})" in note
    assert 'href="#again"' in note  # the file is kept
    german = browser.get(f"/analyses/{id}", headers={"Accept-Language": "de"}).text
    assert "Beurteilungsweise" in german
    compared = browser.get(f"/compare?one={analysed}&other={id}").text
    assert re.search(rf"way of judging {JUDGING}\b", compared)
    assert re.search(rf"way of judging {JUDGING - 1}\b", compared)


def test_a_result_that_cannot_be_read_stands_in_nobodys_way(
    browser, client, services, upload, work, analysed, clip
):
    """Who sent its file again was sent to it, and to an error each time; and so was who looked at
    another analysis of the file.
    """
    kept = services.history.get(analysed)
    other = services.history.record(kept.analysis, fingerprint="e" * 64).id
    with services.history.database.writer.begin() as connection:
        broken = "UPDATE analyses SET document = '{}' WHERE id = ?"
        connection.exec_driver_sql(broken, (analysed,))
    assert browser.get(f"/analyses/{other}").status_code == 200
    assert browser.get(f"/analyses/{analysed}").status_code == 503
    again = upload((clip, "clip.mp4")).headers["Location"]
    assert analysed not in again
    work()
    assert browser.get(again).status_code == 200
    assert upload((clip, "clip.mp4")).headers["Location"] == again


def test_where_its_file_is_gone_it_can_be_uploaded_again(browser, services, analysed):
    analysis = services.history.get(analysed).analysis
    media = analysis.media.model_copy(update={"sha256": "c" * 64})
    old = analysis.model_copy(update={"judging": JUDGING - 1, "media": media})
    id = services.history.record(old, fingerprint="e" * 64).id
    note = browser.get(f"/analyses/{id}").text.partition("Another version of Unmask")[2]
    assert "Upload it again" in note.partition("</p>")[0]
