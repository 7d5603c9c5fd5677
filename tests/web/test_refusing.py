"""What a real server answers to a body that it does not take."""

from __future__ import annotations

import errno
import http.client
import json
import os
import socket
from contextlib import closing
from functools import partial

import pytest
import waitress
from waitress.receiver import FixedStreamReceiver
from web_helpers import served, services_of, token_in

from unmask.core.errors import StoreError
from unmask.jobs.room import no_room
from unmask.web import refusing
from unmask.web.security import may_send

MB = 2**20
HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
KIND = "multipart/form-data; boundary=x"


@pytest.fixture
def port(make_app):
    app, servers = make_app(max_upload=3 * MB), {}
    limit = app.config["MAX_CONTENT_LENGTH"] + 1
    server = waitress.create_server(
        app, map=servers, host="127.0.0.1", port=0, max_request_body_size=limit
    )
    refusing.answer_the_refused(servers)
    with served(server) as port:
        yield port


def answered(connection, status, code):
    answer = connection.getresponse()
    assert answer.status == status
    assert answer.getheader("Content-Type") == "application/problem+json"
    body = json.loads(answer.read())
    assert body["code"] == code
    return body["detail"]


def test_who_sends_too_much_hears_so_while_sending(port, folders):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body = HEAD + bytes(30 * MB) + b"\r\n--x--\r\n"
    connection.request("POST", "/api/v1/analyses", body, {"Content-Type": KIND})
    detail = answered(connection, 413, "request-entity-too-large")
    assert "3.1 MB" in detail
    assert [*folders.uploads.iterdir(), *folders.incoming.iterdir()] == []


def test_who_sends_too_much_in_chunks_hears_so_too(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    pieces = (bytes(MB) for _ in range(20))
    headers = {"Content-Type": KIND, "Transfer-Encoding": "chunked"}
    connection.request("POST", "/api/v1/analyses", pieces, headers, encode_chunked=True)
    answered(connection, 413, "request-entity-too-large")


def test_who_asks_first_is_not_told_to_go_on(port):
    lines = (
        "POST /api/v1/analyses HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Content-Length: {60 * MB}",
        f"Content-Type: {KIND}",
        "Expect: 100-continue",
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall("\r\n".join((*lines, "", "")).encode())
        answer = line.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


def test_a_page_is_answered_by_a_page(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body = HEAD + bytes(5 * MB)
    german = {"Content-Type": KIND, "Accept-Language": "de", "Accept": "text/html"}
    connection.request("POST", "/", body, german)
    answer = connection.getresponse()
    assert answer.status == 413
    assert '<html lang="de">' in answer.read().decode()


def test_of_strangers_nothing_large_is_taken(make_app, folders, monkeypatch):
    app, servers, taken = make_app(tokens_required=True, max_upload=40 * MB), {}, []
    _, secret = services_of(app).tokens.create("desk")
    received = FixedStreamReceiver.received
    note = lambda self, data: taken.append(len(data)) or received(self, data)  # noqa: E731
    monkeypatch.setattr(FixedStreamReceiver, "received", note)
    server = waitress.create_server(
        app, map=servers, host="127.0.0.1", port=0, max_request_body_size=41 * MB
    )
    refusing.answer_the_refused(servers, partial(may_send, app))
    body = HEAD + bytes(30 * MB) + b"\r\n--x--\r\n"

    def send(path, body=body, **headers):
        taken.clear()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("POST", path, body, {"Content-Type": KIND} | headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, sum(taken) > 2 * MB

    with served(server) as port:
        assert send("/api/v1/analyses") == (401, False)
        assert send("/api/v1/analyses", Authorization="Bearer unmask_guess") == (401, False)
        assert send("/", Cookie="unmask=made-up") == (302, False)
        assert send("/sign-in") == (403, False)
        pieces = (bytes(MB) for _ in range(20))
        assert send("/api/v1/analyses", pieces, **{"Transfer-Encoding": "chunked"})[0] == 401
        assert send("/api/v1/analyses", Authorization=f"Bearer {secret}") == (202, True)
        browser = app.test_client()
        form = {"csrf_token": token_in(browser.get("/sign-in").text), "token": secret}
        browser.post("/sign-in", data=form)
        csrf = token_in(browser.get("/").text)
        session = browser.get_cookie("unmask").value
        known = {"Cookie": f"lang=de; unmask={session}", "X-CSRF-Token": csrf}
        assert send("/uploads", **known) == (201, True)


def test_while_nobody_can_say_who_sends_nothing_large_is_taken(make_app, monkeypatch):
    app = make_app(tokens_required=True)
    headers = {"AUTHORIZATION": f"Bearer {services_of(app).tokens.create('desk')[1]}"}
    assert may_send(app, headers)

    def failing(*_):
        raise StoreError("the database is away")

    monkeypatch.setattr("unmask.store.settings.Tokens.known", failing)
    assert not may_send(app, headers)


def test_what_strangers_send_is_kept_in_memory(make_app, folders):
    """On the disk it takes room, and one more of the files that the server may have open."""
    app, servers = make_app(tokens_required=True), {}
    server = waitress.create_server(app, map=servers, host="127.0.0.1", port=0)
    refusing.answer_the_refused(servers, partial(may_send, app))
    with served(server) as port, socket.create_connection(("127.0.0.1", port)) as stranger:
        stranger.settimeout(20)
        stranger.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n\r\n"
        )
        stranger.sendall(bytes(600_000))
        assert stranger.recv(99).startswith(b"HTTP/1.1 403 ")  # and has not waited for the rest


def test_no_second_request_is_smuggled_in_a_body(port):
    """Which ends at the length to a proxy, and here by its pieces."""
    inner = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(
            b"POST /api/v1/jobs/cancel HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n"
            % (5 + len(inner))
            + b"0\r\n\r\n"
            + inner
        )
        answers = b""
        while piece := line.recv(9999):
            answers += piece
    assert answers.startswith(b"HTTP/1.1 400 ")
    assert answers.count(b"HTTP/1.1 ") == 1


def test_what_fits_nowhere_is_said(port, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("waitress.receiver.FixedStreamReceiver.received", full)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/api/v1/analyses", HEAD + bytes(900), {"Content-Type": KIND})
    answered(connection, 507, "disk-full")


def test_what_cannot_be_kept_is_said_and_not_why(port, monkeypatch, caplog):
    """The connection broke, and who sent it learnt nothing."""

    def away(*_):
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr("waitress.receiver.FixedStreamReceiver.received", away)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/api/v1/analyses", HEAD + bytes(900), {"Content-Type": KIND})
    assert answered(connection, 503, "store") == "The server cannot keep files now."
    assert "could not be kept: Stale file handle" in caplog.text


def test_a_body_that_would_eat_the_reserve_is_refused_before_it_has_come(make_app):
    """And a small one is not, so that things can be deleted."""
    app, servers, asked = make_app(max_upload=30 * MB), {}, []

    def check_room(coming):
        asked.append(coming)
        if coming > 20 * MB or len(asked) > 100:
            raise no_room()

    limit = app.config["MAX_CONTENT_LENGTH"] + 1
    server = waitress.create_server(
        app, map=servers, host="127.0.0.1", port=0, max_request_body_size=limit
    )
    refusing.answer_the_refused(servers, check_room=check_room)

    def send(body, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        chunked = "Transfer-Encoding" in headers
        headers |= {"Content-Type": KIND}
        connection.request("POST", "/api/v1/analyses", body, headers, encode_chunked=chunked)
        return connection

    with served(server) as port:
        with closing(send(HEAD + bytes(900) + b"\r\n--x--\r\n")) as small:
            assert (small.getresponse().status, asked) == (202, [])
        with closing(send(HEAD + bytes(12 * MB))) as large:
            answered(large, 507, "disk-full")
        assert len(asked) == 1
        pieces = (bytes(MB) for _ in range(20))
        with closing(send(pieces, **{"Transfer-Encoding": "chunked"})) as unknown:
            answered(unknown, 507, "disk-full")
        assert len(asked) == 101
