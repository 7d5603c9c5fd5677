"""Fifty uploads at once through a real server."""

from __future__ import annotations

import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from web_helpers import served

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
    assert services.desk.queue.waiting() == ids
    assert all(services.desk.vault.find(task["sha256"]) for task in tasks)
    assert list(services.desk.folders.incoming.iterdir()) == []
    work()
    jobs = services.desk.book.several(ids)
    assert sorted(job.state for job in jobs) == ["done"] * 2 + ["failed"] * (MANY - 2)
    assert {job.name for job in jobs} == {f"{number}.png" for number in range(MANY)}
    assert services.history.count() == 2
