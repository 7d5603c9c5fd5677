"""Fetching links: a small server stands in for the web, and for what must not be reached."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from unmask.jobs import TooManyBytes, Vault, outward
from unmask.jobs.outward import LinkRefused
from unmask.web.links import fetch, shown

ADDRESS = (2, 1, 6, "", ("8.8.8.8", 80))


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/dripping":
            self.drip()
            return
        if self.path.startswith("/raw"):
            self.wfile.write("HTTP/1.1 302 Found\r\nLocation: /клип 2.mp4\r\n\r\n".encode())
            return
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
            return
        kinds = {
            "/page": "text/html; charset=utf-8",
            "/text": "text/plain",
            "/sent-away": "text/html",
        }
        kind = kinds.get(self.path, "video/mp4")
        body = b"film" * (1000 if self.path == "/big" else 1)
        self.send_response({"/gone": 404, "/sent-away": 403}.get(self.path, 200))
        self.send_header("Content-Type", kind)
        if self.path != "/big":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: 2 if self.path == "/cut-short" else None])

    def drip(self):
        """An answer whose head never ends, though something always comes."""
        with contextlib.suppress(OSError):
            for letter in b"HTTP/1.1 200 " + 200 * b"K":
                self.connection.sendall(bytes([letter]))
                time.sleep(0.05)

    def log_message(self, *_):
        pass


@pytest.fixture
def web(monkeypatch):
    """Every connection to the public address 8.8.8.8 goes to a server of ours."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    real = outward.socket.create_connection

    def connect(address, timeout=None):
        assert address[0] == "8.8.8.8", f"connected to {address}"
        return real(("127.0.0.1", server.server_port), timeout)

    monkeypatch.setattr(outward.socket, "create_connection", connect)
    monkeypatch.setattr("unmask.web.links._HEAD_S", 1.0)
    yield
    server.shutdown()
    server.server_close()


@pytest.fixture
def get(folders, web):
    def get(url, limit=10_000, **names):
        known = {"film.example": "8.8.8.8", **names}
        return fetch(url, Vault(folders), limit, lambda host, port: [known.get(host, host)])

    return get


def test_a_film_is_fetched(get):
    incoming, name = get("http://film.example/a/clip%201.mp4?x=1")
    assert (incoming.bytes, name) == (4, "clip 1.mp4")
    incoming.close()


def test_redirects_are_followed(get):
    incoming, name = get("http://film.example/to//to/http://film.example/b.mp4")
    assert name == "b.mp4"
    incoming.close()


def test_letters_of_every_language_lead_where_they_should(get):
    url = "http://фильм.example/vidéo/клип%20.mp4?nom=é&t=a b[1]\x0bx"
    to = outward.target(url, lambda host, port: ["8.8.8.8"])
    assert to.path == ("/vid%C3%A9o/%D0%BA%D0%BB%D0%B8%D0%BF%20.mp4?nom=%C3%A9&t=a%20b[1]%0Bx")
    for place in ("/клип 2.mp4", "/raw"):
        incoming, name = get(f"http://film.example{place}")
        assert name == "клип 2.mp4"
        incoming.close()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://film.example/a",
        "gopher://film.example/a",
        "http://user:secret@film.example/a",
        "http://film.example:22/a",
        "http://film.example:99999/a",
        "http://film.example/\ud800",
        "http:///a",
        "nonsense",
        "",
        "http://film.example/gone",
        "http://film.example/cut-short",
        "http://film.example/dripping",
        "http://film.example/to/file:///etc/passwd",
        "http://film.example/to/http://[",
        "http://film.example/to/http://127.0.0.1/",
        "http://film.example/to/http://[::1]/",
        "http://film.example/to/http://169.254.169.254/latest/meta-data/",
        "http://film.example/to//to//to//to//to//to//to/x",
    ],
)
def test_what_is_not_fetched(get, folders, url):
    with pytest.raises(LinkRefused):
        get(url)
    assert list(folders.incoming.iterdir()) == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "ff02::1", "x",
        "64:ff9b:1::7f00:1", "::7f00:1", "fec0::1", "192.0.0.192", "192.88.99.1", "3fff::1",
        "168.63.129.16", "::ffff:168.63.129.16",
    ],
)  # fmt: skip
def test_special_addresses_are_refused(get, address):
    with pytest.raises(LinkRefused, match="not on the public internet"):
        get("http://inner.example/a", **{"inner.example": address})


def test_ordinary_addresses_are_not_special():
    assert all(map(outward.public, ("8.8.8.8", "2606:4700::1111", "2a00:1450:4001::200e")))


def test_one_private_address_among_public_ones_suffices_to_refuse(folders, web):
    with pytest.raises(LinkRefused):
        fetch("http://a.example/", Vault(folders), 99, lambda h, p: ["8.8.8.8", "10.0.0.1"])


def test_too_much_is_refused_also_without_a_stated_length(get, folders):
    for path in ("big", "small.mp4"):
        with pytest.raises(TooManyBytes):
            get(f"http://film.example/{path}", limit=3)
    assert list(folders.incoming.iterdir()) == []


@pytest.mark.parametrize("path", ["page", "sent-away", "to//page"])
def test_a_page_is_left_to_who_can_read_it(folders, web, path):
    asked = []

    def of_page(url, vault, limit):
        asked.append((url, limit))
        return vault.receive(limit), "film.mp4"

    url = f"http://film.example/{path}"
    incoming, name = fetch(url, Vault(folders), 77, lambda host, port: ["8.8.8.8"], of_page)
    assert (asked, name) == ([(url, 77)], "film.mp4")
    incoming.close()


def test_a_page_without_the_extra_names_it(client, web, monkeypatch):
    monkeypatch.setitem(sys.modules, "yt_dlp", None)
    real = outward.socket.getaddrinfo

    def look_up(host, *more, **named):
        return [ADDRESS] if host == "film.example" else real(host, *more, **named)

    monkeypatch.setattr(outward.socket, "getaddrinfo", look_up)
    answer = client.post("/api/v1/analyses", json={"url": "http://film.example/page"})
    assert (answer.status_code, answer.json["code"]) == (501, "missing-extra")
    assert "unmask[links]" in answer.json["hint"]
    assert "\n" not in answer.json["detail"] + answer.json["hint"]


def test_a_refused_link_is_said_on_the_page_and_by_the_api(browser, client):
    page = browser.post("/links", {"url": "http://127.0.0.1/x"})
    assert page.status_code == 422
    assert "not on the public internet" in page.text
    answer = client.post("/api/v1/analyses", json={"url": "http://[::1]/x"})
    assert (answer.status_code, answer.json["code"]) == (422, "link")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            "https://a.example/b%20c.mp4?X-Amz-Expires=9&X-Amz-Signature=ab=#x",
            "https://a.example/b%20c.mp4?X-Amz-Expires=…&X-Amz-Signature=…",
        ),
        ("https://a.example/watch?v=Ab_1&si=secret", "https://a.example/watch?v=Ab_1&si=…"),
        ("https://a.example/clip.mp4?secret", "https://a.example/clip.mp4?…"),
        ("https://a.example:443/clip.mp4", "https://a.example:443/clip.mp4"),
    ],
)
def test_a_link_is_told_without_what_lets_one_in(given, told):
    assert shown(given) == told


def test_neither_log_nor_report_keeps_the_signature_of_a_link(
    browser, client, services, monkeypatch
):
    def fetched(url, vault, limit):
        incoming = vault.receive(limit)
        incoming.write(url.encode())
        return incoming, "clip.mp4"

    monkeypatch.setattr("unmask.web.links.fetch", fetched)
    pages = sys.modules["unmask.web.views.upload"]  # the blueprint goes by the same name
    monkeypatch.setattr(pages, "fetch", fetched)
    link = "https://a.example/clip.mp4?token=secret"
    client.post("/api/v1/analyses", json={"url": link})
    browser.post("/links", {"url": link + "2"})
    details = [
        event.detail
        for job in services.desk.book.unfinished()
        for event in services.desk.log.of(job.id)
    ]
    assert details == ["fetched from https://a.example/clip.mp4?token=…"] * 2


def test_slow_links_leave_room_for_reports(browser, client, services):
    """How long a link takes is up to who answers there."""
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(services.desk.link())
        link = client.post("/api/v1/analyses", json={"url": "http://film.example/"})
        assert (link.status_code, link.json["code"]) == (503, "crowded")
        assert browser.post("/links", {"url": "http://film.example/"}).status_code == 503
        for _ in range(4):
            held.enter_context(services.desk.errand())
    with services.desk.link(), services.desk.errand():
        pass
