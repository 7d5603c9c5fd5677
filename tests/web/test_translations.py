import io
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

import write_translations as tool
from babel.messages.mofile import read_mo

from unmask.evidence import ContentCredentials, Likelihood, Reference
from unmask.web import said
from unmask.web.presenting import credentials, weight


@pytest.mark.parametrize("language", tool.LANGUAGES)
def test_every_text_is_translated_and_compiled(language):
    catalog = tool.updated(language)
    assert tool.missing(catalog) == []
    path = tool.FOLDER / language / "LC_MESSAGES" / "messages.mo"
    compiled = read_mo(io.BytesIO(path.read_bytes()))
    wanted = [_pair(one) for one in catalog if one.id]
    assert sorted(_pair(one) for one in compiled if one.id) == sorted(wanted)


def test_whatever_other_rooms_say_is_among_the_texts():
    assert tool.unsaid() == []


@pytest.mark.parametrize("language", tool.LANGUAGES)
def test_placeholders_survive_translation(language):
    for message in tool.updated(language):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = {name for text in ids for name in re.findall(r"%\(\w+\)[sd]", text)}
        for string in strings:
            assert set(re.findall(r"%\(\w+\)[sd]", string)) == wanted, message.id


def test_the_language_follows_the_browser_and_the_choice(browser):
    german = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
    page = browser.get("/", headers=german).text
    assert '<html lang="de">' in page
    assert "Wurde dieses Gesicht manipuliert?" in page
    assert '<html lang="en">' in browser.get("/", headers={"Accept-Language": "fr"}).text
    answer = browser.post("/language", {"lang": "en", "next": "/history?q=a"})
    assert answer.headers["Location"] == "/history?q=a"
    assert '<html lang="en">' in browser.get("/", headers=german).text
    assert browser.post("/language", {"lang": "xx"}).status_code == 400
    away = browser.post("/language", {"lang": "de", "next": "//evil.example"})
    assert away.headers["Location"] == "/"


def test_what_other_rooms_say_in_german(browser, upload, work):
    german = {"Accept-Language": "de"}
    address = upload((b"no film", "broken.mp4")).headers["Location"]
    work()
    page = browser.get(address, headers=german).text
    assert "ist kein Video oder Bild in einem Format, das Unmask öffnet" in page
    assert "Abspiellisten wird nicht gefolgt" in page
    assert "ist kein Video oder Bild" in browser.get("/history", headers=german).text
    english = browser.get(address, headers={"Accept-Language": "en"}).text
    assert "is not a video or picture in a format" in english
    told = browser.get(f"/api/v1{address}", headers=german).json
    assert "is not a video or picture in a format" in told["error"]["message"]
    kind = "multipart/form-data"
    page = browser.post("/", content_type=kind, headers=german).text
    assert "Es wurde keine Datei gewählt." in page
    script = german | {"Accept": "application/json"}
    answer = browser.post("/uploads", content_type=kind, headers=script).json
    assert answer["detail"] == "Es wurde keine Datei gesendet."
    assert "There is no" in browser.get("/api/v1/analyses/none", headers=german).json["detail"]


@pytest.mark.parametrize(
    ("message", "german"),
    [
        (
            "12 packets or frames could not be decoded and were skipped; 340 could.",
            "12 Pakete oder Bilder ließen sich nicht dekodieren und wurden übersprungen; "
            "340 ließen sich dekodieren.",
        ),
        (
            "the webhook cannot be used: 10.0.0.1 is not on the public internet",
            "Der Webhook kann nicht benutzt werden: 10.0.0.1 liegt nicht im öffentlichen Internet",
        ),
        ("the preview could not be made", "Abspielbare Kopie: Das ließ sich nicht anfertigen"),
        ("<b>.mp4: the file is empty", "&lt;b&gt;.mp4: Die Datei ist leer"),
        ("a model of 1 & 2 is odd", '<span lang="en">a model of 1 &amp; 2 is odd</span>'),
    ],
)
def test_messages_keep_what_stands_in_their_places(app, message, german):
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        assert said.said(message) == german
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        assert said.told(message) == message
        assert "<span" not in said.said(message)


def test_a_result_in_german(browser, analysed):
    page = browser.get(f"/analyses/{analysed}", headers={"Accept-Language": "de"}).text
    assert "Was das nicht heißt" in page
    seen = re.sub(r"<script.*?</script>|<svg.*?</svg>|<[^>]*>", "", page, flags=re.DOTALL)
    assert re.search(r"\d,\d\d", seen)
    dotted = re.findall(r"\d+\.\d+", seen.partition("Mitnehmen")[0])
    assert dotted == []
    assert "Schönheitsfilter" in page or "halb manipuliert" in page or "falscher Stimme" in page


def test_reports_speak_the_language_of_the_page_and_of_the_call(browser, analysed):
    german = {"Accept-Language": "de"}
    page = browser.get(f"/analyses/{analysed}/report.html", headers=german)
    assert page.headers["Content-Language"] == "de"
    assert '<html lang="de">' in page.text
    assert "Bericht über clip.mp4" in page.text
    assert "in der Web-App hochgeladen" in page.text
    assert "Report on clip.mp4" in browser.get(f"/analyses/{analysed}/report.html").text
    called = f"/api/v1/analyses/{analysed}/report.html"
    assert "Report on clip.mp4" in browser.get(called, headers=german).text
    assert "Bericht über clip.mp4" in browser.get(f"{called}?language=de").text
    assert browser.get(f"{called}?language=fr").status_code == 422


def test_why_there_are_no_credentials_in_german(app):
    elsewhere = ContentCredentials(state="elsewhere", note="Address: https://a.example")
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        assert "Stelle im Netz" in credentials(elsewhere)
        assert credentials(elsewhere).endswith("Adresse: https://a.example")


def test_the_custody_log_in_german(browser, services, analysed):
    for kind in ("result.json", "frames.csv", "report.html"):
        browser.get(f"/analyses/{analysed}/{kind}")
    services.desk.log.add(analysed, "notified", "desk.example")
    services.desk.log.add(analysed, "received", "in a way of tomorrow")
    page = browser.get(f"/analyses/{analysed}", headers={"Accept-Language": "de"}).text
    said = re.findall(r'<span class="hint">(.*?) · Unmask', page.partition('class="log"')[2])
    assert said == [
        "in der Web-App hochgeladen",
        "tiny 0.1",
        "Dokument als JSON",
        "Bilder als CSV",
        "Bericht als HTML",
        "desk.example",
        '<span lang="en">in a way of tomorrow</span>',
    ]


@pytest.mark.parametrize(
    ("probability", "reference", "german", "english"),
    [
        (0.978, Reference(9999, 9999), "etwa 44-mal so", "about 44 times as"),
        (0.1, Reference(9999, 9999), "etwa 9,0-mal so", "about 9.0 times as"),
        (0.999, Reference(117, 240), "bis zu 118-mal so", "up to 118 times as"),
        (1.0, Reference(4321, 4321), "bis zu 4.322-mal so", "up to 4,322 times as"),
    ],
)
def test_ratios_are_all_of_one_language(app, probability, reference, german, english):
    for language, words in (("de", german), ("en", english)):
        with app.test_request_context("/", headers={"Accept-Language": language}):
            assert words in weight(Likelihood.of(probability, reference))


def test_a_constant_in_a_template_is_not_kept_in_the_language_of_the_first_reader(app):
    page = app.jinja_env.from_string(
        "{{ 'inconclusive' | label }} {{ 0.5 | number }} {{ 0 | clock }}"
    )
    for language, words in (("de", "Unklar 0,5 0:00,0"), ("en", "Inconclusive 0.5 0:00.0")):
        with app.test_request_context("/", headers={"Accept-Language": language}):
            assert page.render() == words


def _pair(message):
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    strings = [message.string] if isinstance(message.string, str) else list(message.string)
    return ids, strings
