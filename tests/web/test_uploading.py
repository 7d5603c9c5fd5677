import csv
import hashlib
import io
import re
from http import HTTPStatus
from importlib import import_module

import pytest
from flask import abort
from werkzeug.datastructures import MultiDict

from unmask.core.errors import DiskFull
from unmask.jobs import Desk, Incoming
from unmask.web.views.progress import in_words

PROGRESS = import_module("unmask.web.views.progress")  # not the blueprint of that name


def test_one_file_without_javascript(upload, browser, work, services, clip):
    answer = upload((clip, "holiday <1>.mp4"))
    assert answer.status_code == 303
    path = answer.headers["Location"]
    waiting = browser.get(path)
    assert "holiday &lt;1&gt;.mp4" in waiting.text
    assert "<progress" in waiting.text
    assert 'http-equiv="refresh"' in waiting.text
    work()
    done = browser.get(path).text
    assert "P(manipulated)" in done
    assert "holiday &lt;1&gt;.mp4" in done
    assert services.history.list()[0].name == "holiday <1>.mp4"


def test_the_file_lies_under_its_hash_and_nothing_is_left_over(upload, folders, portrait):
    upload((portrait, "../../etc/passwd"))
    files = [path for path in folders.uploads.rglob("*") if path.is_file()]
    assert [path.name for path in files] == [hashlib.sha256(portrait).hexdigest()]
    assert list(folders.incoming.iterdir()) == []


def test_several_files_become_a_table(upload, browser, work, portrait, clip):
    answer = upload((portrait, "a.png"), (clip, "b.mp4"), (b"no media", "=c.txt"))
    page = browser.get(answer.headers["Location"])
    assert page.status_code == 200
    assert page.text.count("data-job=") == 3
    work()
    page = browser.get(answer.headers["Location"])
    assert "not-media" in page.text
    assert page.text.count('class="badge') == 2


def test_the_table_as_csv_is_of_no_language(upload, browser, work, services, portrait):
    answer = upload((portrait, "a.png"), (b"no media", "=c.txt"))
    address = answer.headers["Location"] + ".csv"
    waiting = csv.DictReader(browser.get(address).text.splitlines())
    assert [(row["state"], row["label"], row["probability"]) for row in waiting] == [
        ("queued", "", "")
    ] * 2
    work()
    english, german = (
        browser.get(address, headers={"Accept-Language": language}).text
        for language in ("en", "de")
    )
    assert german == english
    one, other = csv.DictReader(english.splitlines())
    entry = services.history.list()[0]
    assert (one["label"], one["error"], one["message"]) == (entry.label, "", "")
    assert float(one["probability"]) == entry.probability
    assert (other["name"], other["label"], other["probability"]) == ("'=c.txt", "", "")
    assert (other["state"], other["error"]) == ("failed", "not-media")
    assert other["message"].startswith("'=c.txt: is not a video")


def test_a_known_file_is_answered_at_once(upload, browser, analysed, clip, services):
    again = upload((clip, "other.mp4"))
    assert again.headers["Location"].endswith(analysed)
    fresh = upload((clip, "other.mp4"), fresh="1")
    assert not fresh.headers["Location"].endswith(analysed)
    several = upload((clip, "a.mp4"), (b"x", "b"))
    assert browser.get(several.headers["Location"]).text.count("data-job=") == 2


def test_the_same_bytes_under_two_names_have_one_row_with_both(upload, browser, work, portrait):
    """Who had sent "copy.png" looked for it in vain: the other name stood in two rows."""
    sent = upload((portrait, "a.png"), (portrait, "copy <2>.png"), (b"x", "b"))
    address = sent.headers["Location"]
    for _ in range(2):
        page = browser.get(address).text
        assert page.count("data-job=") == 2
        assert "2 files</h1>" in page
        assert "3 were sent: files that are the same to the byte share an analysis" in page
        assert '<bdi dir="ltr">copy &lt;2&gt;.png</bdi>' in page
        assert len(browser.get(address.replace("?", ".csv?")).text.splitlines()) == 3
        work()
    again = browser.get(address + "&also=" + re.search(r"also=(\w+)", address)[1]).text
    assert again.count("data-job=") == 2
    result = re.search(r'href="(/analyses/\w+)">a.png', page)[1]
    assert 'Also handed in as: <bdi dir="ltr">copy &lt;2&gt;.png</bdi>' in browser.get(result).text
    german = browser.get(result, headers={"Accept-Language": "de"}).text
    assert "auch als copy &lt;2&gt;.png" in german
    assert "also as copy" not in german
    alone = upload((portrait, "a.png"), (b"y", "c"))
    page = browser.get(alone.headers["Location"]).text
    assert page.count("data-job=") == 2
    assert "were sent" not in page


def test_a_long_table_watches_a_part_of_it_at_a_time(upload, browser, work, monkeypatch):
    """Proxies take no addresses of any length, and beyond those watched rows stood still."""
    monkeypatch.setattr(PROGRESS, "WATCHED", 2)
    address = upload(*((bytes([n]), f"{n}.png") for n in range(3))).headers["Location"]
    watched = re.search(r'data-events="([^"]+)"', browser.get(address).text)[1]
    assert watched.count("job=") == 2
    work()
    assert "data-events" not in browser.get(address).text


def test_of_very_many_known_files_it_is_said_that_some_are_left_out(browser, analysed, monkeypatch):
    monkeypatch.setattr(PROGRESS, "MOST", 2)
    id = analysed.rsplit("/", 1)[-1]
    also = "&".join(f"also={one}" for one in (id, "0" * 20, "1" * 20))
    page = browser.get(f"/batches/{'0' * 20}?{also}").text
    assert "1 more that were known before are not in this table" in page
    assert "not in this table" not in browser.get(f"/batches/{'0' * 20}?also={id}").text


def test_the_scripts_way(browser, portrait):
    browser.post("/settings")
    answer = browser.post(
        "/uploads",
        {"file": (io.BytesIO(portrait), "me.png"), "batch": "ab" * 10},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 201
    assert answer.json["outcome"] == "new"
    assert answer.json["url"].endswith(answer.json["id"])


def test_what_is_wrong_is_said(upload, browser):
    assert upload().status_code == 400
    empty = upload((b"", "nothing.mp4"))
    assert empty.status_code == 422
    assert "the file is empty" in empty.text
    assert upload((b"x", "a"), clips="9999").status_code == 422
    assert upload((b"x", "a"), clips="many").status_code == 422
    assert upload((b"x", "a"), clips="9" * 5000).status_code == 422
    assert browser.post("/settings", {"retention_days": "9" * 5000}).status_code == 422
    assert browser.get("/history?until=9999-12-31&since=0001-01-01").status_code == 200
    assert upload((b"x", "a"), model="/etc").status_code == 422


def test_one_file_that_is_refused_keeps_no_other_from_its_result(upload, browser, services):
    """The first of the three was analysed, unseen; the last was thrown away."""
    answer = upload((b"x", "a.mp4"), (b"", "nothing.mp4"), (b"y", "b.mp4"))
    assert answer.status_code == 422
    assert "1 file was not taken" in answer.text
    assert "nothing.mp4: the file is empty; choose another" in answer.text
    address = re.search(r'href="(/batches/[0-9a-f]+)"', answer.text)[1]
    assert browser.get(address).text.count("data-job=") == 2
    one = upload((b"", "nothing.mp4"), (b"z", "c.mp4"))
    address = re.search(r'href="(/analyses/[0-9a-f]+)"', one.text)[1]
    assert browser.get(address).status_code == 200
    assert [job.name for job in services.desk.book.unfinished()] == ["a.mp4", "b.mp4", "c.mp4"]


def test_where_the_disk_is_full_the_rest_is_not_tried(upload, services, monkeypatch):
    submit, tried = services.desk.submit, []

    def full(self, incoming, name, *given, **more):
        tried.append(name)
        if len(tried) > 1:
            raise DiskFull("there is no room left for the file on the server's disk")
        return submit(incoming, name, *given, **more)

    monkeypatch.setattr(Desk, "submit", full)
    answer = upload((b"x", "a.mp4"), (b"y", "b.mp4"), (b"z", "c.mp4"), (b"", "d.mp4"))
    assert answer.status_code == 507
    assert "3 files were not taken" in answer.text
    assert tried == ["a.mp4", "b.mp4"]


def test_options_reach_the_job(upload, services, clip):
    upload((clip, "a.mp4"), clips="2", min_face="60")
    options = services.desk.book.unfinished()[0].options
    assert (options["clips"], options["min_face"]) == (2, 60)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (413, "request-entity-too-large"),
        (414, "request-uri-too-long"),
        (416, "requested-range-not-satisfiable"),
        (422, "unprocessable-entity"),
    ],
)
def test_codes_are_the_same_by_any_python(app, monkeypatch, status, code):
    """3.13 calls these statuses otherwise, and our codes were made of what it calls them."""
    monkeypatch.setattr(HTTPStatus(status), "phrase", "Something New")
    app.add_url_rule("/api/v1/raises", "raises", lambda: abort(status))
    answer = app.test_client().get("/api/v1/raises")
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_too_much_is_413_and_leaves_nothing(make_app, folders):
    app = make_app(max_upload=1000)
    client = app.test_client()
    data = {"file": (io.BytesIO(b"x" * 5000), "big.mp4")}
    answer = client.post("/api/v1/analyses", data=data)
    assert answer.status_code == 413
    assert answer.json["code"] == "request-entity-too-large"
    huge = client.post(
        "/api/v1/analyses",
        input_stream=io.BytesIO(b"--x"),
        environ_overrides={"CONTENT_LENGTH": "3000000"},
        content_type="multipart/form-data; boundary=x",
    )
    assert huge.status_code == 413
    assert huge.json["detail"] == "More than 1.0 kB were sent."
    pages = client.post(
        "/",
        headers={"Accept-Language": "de"},
        input_stream=io.BytesIO(b"--x"),
        environ_overrides={"CONTENT_LENGTH": "3000000"},
        content_type="multipart/form-data; boundary=x",
    )
    assert (pages.status_code, "mehr als 1,0 kB gesendet" in pages.text) == (413, True)
    assert list(folders.incoming.iterdir()) == []
    assert list(folders.uploads.iterdir()) == []


def test_progress_is_a_stream_that_ends(upload, browser, work, clip):
    path = upload((clip, "a.mp4")).headers["Location"]
    id = path.rsplit("/", 1)[1]
    work()
    stream = browser.get("/events", query_string=MultiDict([("job", id), ("job", "unknown")]))
    assert stream.mimetype == "text/event-stream"
    assert '"state": "done"' in stream.text
    assert "event: end" in stream.text


def test_cancelling_and_failing_have_pages(upload, browser, work, services):
    path = upload((b"not media", "a.mp4")).headers["Location"]
    browser.post(path + "/cancel")
    assert 'value="None"' not in browser.get(path).text
    assert "Cancelled" in browser.get(path).text
    again = browser.post(path + "/again")
    work()
    page = browser.get(again.headers["Location"]).text
    assert "not-media" in page
    assert "This is not a verdict" in page
    assert browser.post(again.headers["Location"] + "/delete").status_code == 303
    assert browser.get(again.headers["Location"]).status_code == 404


def test_an_upload_is_accepted_while_the_queue_is_out_of_reach(
    upload, browser, services, work, clip, monkeypatch
):
    def lost(*_):
        raise RuntimeError("Connection refused.")

    monkeypatch.setattr(services.desk.queue.huey.storage, "enqueue", lost)
    answer = upload((clip, "clip.mp4"))
    assert answer.status_code == 303
    assert "clip.mp4" in browser.get(answer.headers["Location"]).text
    work()
    assert services.history.count() == 1


def test_a_file_that_only_a_scan_knows_is_not_kept(
    upload, browser, analysed, clip, services, folders
):
    stored = services.history.get(analysed)
    services.desk.delete(analysed)
    scanned = services.history.record(
        stored.analysis, fingerprint=stored.entry.fingerprint, source="in/clip.mp4"
    )
    answer = upload((clip, "clip.mp4"))
    assert answer.headers["Location"].endswith(scanned.id)
    assert [*folders.uploads.iterdir(), *folders.incoming.iterdir()] == []
    assert browser.get(answer.headers["Location"]).status_code == 200
    assert browser.get(answer.headers["Location"] + "/media").status_code == 404
    fresh = upload((clip, "clip.mp4"), fresh="1").headers["Location"].rsplit("/", 1)[1]
    upload((clip, "clip.mp4"))  # known, and its file is that of a job
    assert services.desk.vault.find(services.desk.book.get(fresh).sha256)


def test_nothing_is_left_of_a_form_that_the_disk_does_not_take(client, folders, monkeypatch):
    write = Incoming.write

    def full(incoming, piece):
        if b"second" in piece:
            incoming.discard()
            raise DiskFull("there is no room left for the file on the server's disk")
        return write(incoming, piece)

    monkeypatch.setattr(Incoming, "write", full)
    files = [(io.BytesIO(b"first"), "a.mp4"), (io.BytesIO(b"second"), "b.mp4")]
    answer = client.post("/api/v1/analyses", data={"file": files})
    assert (answer.status_code, answer.json["code"]) == (507, "disk-full")
    assert answer.mimetype == "application/problem+json"
    assert [*folders.uploads.iterdir(), *folders.incoming.iterdir()] == []


@pytest.mark.parametrize(
    ("total", "english", "german"),
    [
        (256, "Looking at stretches: 3 of 256", "Abschnitte werden angesehen: 3 von 256"),
        (1, "Looking for faces", "Suche nach Gesichtern"),
    ],
)
def test_what_is_counted_while_looking_are_stretches(app, total, english, german):
    state = {"state": "running", "stage": "look", "done": 3, "total": total}
    for language, words in (("en", english), ("de", german)):
        with app.test_request_context("/", headers={"Accept-Language": language}):
            assert in_words(state) == words


def test_a_failed_file_asks_for_what_can_help(upload, browser, work, clip):
    path = upload((b"no film", "broken.mp4")).headers["Location"]
    work()
    page = browser.get(path).text
    assert '<a class="button is-primary" href="/">Another file</a>' in page
    assert 'name="clips"' not in page
    row = browser.get(f"/batches/{'0' * 20}?also={path.rsplit('/', 1)[1]}").text
    assert 'role="rowheader"' in row
    assert '<span class="hint">is not a video or picture' in row  # its name stands beside it
    slow = upload((clip, "slow.mp4"), clips="3").headers["Location"]
    browser.post(f"{slow}/cancel")  # as one that took too long: the file is not to blame
    page = browser.get(slow).text
    assert re.search(r'name="clips"[^>]*value="3"', page)  # to ask for fewer
    assert '<button class="button is-primary">Try again' in page


def test_a_link_that_was_refused_can_be_mended(browser):
    page = browser.post("/links", {"url": 'http://127.0.0.1/x"y'})
    assert page.status_code == 422
    assert "127.0.0.1 is not on the public internet" in page.text
    assert 'value="http://127.0.0.1/x&#34;y" autofocus aria-invalid="true"' in page.text
    assert 'id="link-problem"' not in browser.get("/").text


def test_a_search_that_found_nothing_leads_back(browser):
    assert '<a href="/history">Show all</a>' in browser.get("/history?q=nothing").text
    assert "Show all" not in browser.get("/history").text
