"""Many who upload, watch and wait at once, through a real server."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from web_helpers import served

from unmask.web.services import WATCHERS

waitress = pytest.importorskip("waitress", reason="the extra 'web' is not installed")
MANY = 50


@pytest.fixture
def address(app):
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=24)
    with served(server) as port:
        yield f"http://127.0.0.1:{port}"


def send(address, number, content):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="%d.png"\r\n\r\n' % number
        + content
        + b"\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    request = urllib.request.Request(f"{address}/api/v1/analyses", body, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.slow
def test_fifty_uploads_at_once_and_none_is_lost(address, services, work, portrait):
    contents = [portrait if number % 25 == 0 else b"no media " * 20_000 for number in range(MANY)]
    contents = [content + b"%d" % number for number, content in enumerate(contents)]
    with ThreadPoolExecutor(MANY) as pool:
        tasks = list(pool.map(lambda n: send(address, n, contents[n]), range(MANY)))
    ids = {task["id"] for task in tasks}
    assert len(ids) == MANY
    assert services.desk.queue.length() == MANY
    assert all(services.desk.vault.find(task["sha256"]) for task in tasks)
    assert list(services.desk.folders.incoming.iterdir()) == []
    work()
    jobs = services.desk.book.several(ids)
    assert sorted(job.state for job in jobs) == ["done"] * 2 + ["failed"] * (MANY - 2)
    assert {job.name for job in jobs} == {f"{number}.png" for number in range(MANY)}
    assert services.history.count() == 2


def test_who_watches_and_waits_leaves_the_server_to_others(address, app, services, portrait):
    id = send(address, 1, portrait)["id"]  # nobody works on it
    with ExitStack() as open_ones:
        watchers = [
            open_ones.enter_context(urllib.request.urlopen(f"{address}/events?job={id}"))
            for _ in range(WATCHERS)
        ]
        assert all(one.readline() == b"retry: 800\n" for one in watchers)
        for _ in range(24):
            with urllib.request.urlopen(f"{address}/events?job={id}", timeout=10) as short:
                told = short.read()  # to its end: it holds no thread
            assert told.startswith(b"retry: 5000\n")
            assert b'"state": "queued"' in told
            assert b"event: end" not in told
        for _ in range(8):
            open_ones.enter_context(services.desk.errand())
        sent = app.test_client().post("/api/v1/analyses", json={"url": "http://film.example/"})
        assert (sent.status_code, sent.json["code"]) == (503, "crowded")
        with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
            assert answer.status == 200
    services.desk.book.cancel(id)
    for _ in range(100):  # who has gone is noticed, and his place is free
        with urllib.request.urlopen(f"{address}/events?job={id}", timeout=10) as again:
            if again.read().startswith(b"retry: 800\n"):
                break
        time.sleep(0.1)
    else:
        pytest.fail("places of those who watched stay taken")


def test_films_that_pause_hold_no_thread(address, analysed, services):
    path = services.desk.vault.find(services.history.get(analysed).entry.sha256)
    content = path.read_bytes()
    with path.open("ab") as film:
        film.truncate(64 * 2**20)  # more than the server keeps for who does not read
    place, many = f"/analyses/{analysed}/media", 30
    with ExitStack() as paused:
        for _ in range(many):
            line = paused.enter_context(
                socket.create_connection(("127.0.0.1", port_of(address)), timeout=20)
            )
            line.sendall(
                f"GET {place} HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-\r\n\r\n".encode()
            )
            assert line.recv(12) == b"HTTP/1.1 206"
        for asked, start, end in (("0-0", 0, 1), ("5-", 5, None), ("7-4999", 7, 5000)):
            request = urllib.request.Request(address + place, headers={"Range": f"bytes={asked}"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                piece = answer.read()
            length = (64 * 2**20 if end is None else end) - start
            assert (answer.status, len(piece)) == (206, length)
            assert int(answer.headers["Content-Length"]) == length
            assert piece[:5000] == content[start:end][:5000]


def port_of(address):
    return urlsplit(address).port
