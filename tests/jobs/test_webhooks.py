"""Webhooks, received by a server of the test's own: it stands at a public address by name only."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from unmask.jobs import outward
from unmask.jobs.messenger import WAITS_S, Messenger
from unmask.jobs.running import Workshop
from unmask.jobs.webhooks import WebhookRefused, checked_address, secret_of, signature
from unmask.store import Deliveries

URL = "http://told.example/hook?team=desk"


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        status = self.server.answers.pop(0) if self.server.answers else 204
        if status == "drip":
            self.drip()
            return
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def drip(self):
        with contextlib.suppress(OSError):
            for letter in b"HTTP/1.1 200 " + 200 * b"K":
                self.connection.sendall(bytes([letter]))
                time.sleep(0.05)

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.answers = [], []
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def messenger(desk, receiver, monkeypatch):
    """told.example has a public address, and every connection to that one goes to the receiver."""
    real = outward.socket.create_connection

    def connect(address, timeout=None):
        assert address == ("8.8.8.8", 80)
        return real(("127.0.0.1", receiver.server_port), timeout)

    monkeypatch.setattr(outward.socket, "create_connection", connect)
    known = {"told.example": "8.8.8.8"}
    return Messenger(desk.history, desk.folders, lambda host, port: [known.get(host, host)])


def due_again(desk):
    with desk.history.database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET next_at = '2000-01-01 00:00:00.000000'")


def test_the_end_of_an_analysis_is_told_once_and_signed(
    submit, desk, messenger, receiver, portrait
):
    id = submit(portrait, webhook=URL).id
    assert messenger.deliver() == 0  # it still waits
    Workshop(desk.history, desk.folders).run()
    assert messenger.deliver() == 1
    assert messenger.deliver() == 0
    [(path, headers, body)] = receiver.got
    assert path == "/hook?team=desk"
    key = base64.b64decode(secret_of(desk.folders).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    told, entry = json.loads(body), desk.history.get(id).entry
    assert told["type"] == "analysis.done"
    assert told["data"] == {
        "id": id,
        "state": "done",
        "sha256": entry.sha256,
        "label": entry.label,
        "probability": entry.probability,
        "error": None,
    }
    assert desk.deliveries.of(id)[0].state == "delivered"
    assert [(one.event, one.detail) for one in desk.log.of(id)][-1] == ("notified", "told.example")


def test_failing_and_cancelling_are_told_too(submit, desk, messenger, receiver):
    failed = submit(b"no film", "secret.mp4", webhook=URL).id
    cancelled = submit(b"x", webhook=URL).id
    desk.book.cancel(cancelled)
    desk.book.give_up(desk.book.get(failed), _failure("secret.mp4: no media"))
    assert messenger.deliver() == 2
    told = {json.loads(body)["data"]["id"]: json.loads(body) for _, _, body in receiver.got}
    assert told[failed]["type"] == "analysis.failed"
    assert told[failed]["data"]["error"]["code"] == "not-media"
    assert not any(b"secret" in body for _, _, body in receiver.got)  # names are not sent
    assert (told[failed]["data"]["label"], told[failed]["data"]["probability"]) == (None, None)
    assert told[cancelled]["type"] == "analysis.cancelled"


def test_what_is_known_and_what_is_joined_is_told_too(submit, desk, messenger, receiver, portrait):
    submit(portrait)
    assert submit(portrait, webhook=URL).outcome == "joined"
    Workshop(desk.history, desk.folders).run()
    assert messenger.deliver() == 1
    assert submit(portrait, webhook=URL).outcome == "known"
    assert messenger.deliver() == 1
    assert len(receiver.got) == 2


def test_it_is_tried_again_later_and_after_a_restart(submit, desk, messenger, receiver):
    receiver.answers = [500, 302]
    desk.book.cancel(id := submit(b"x", webhook=URL).id)
    assert messenger.deliver() == 1
    [waiting] = desk.deliveries.of(id)
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert "500" in waiting.problem
    assert 0 < (waiting.next_at - waiting.created_at).total_seconds() <= WAITS_S[0] + 30
    assert messenger.deliver() == 0
    due_again(desk)
    again = Messenger(desk.history, desk.folders, messenger.resolve)  # another worker
    assert again.deliver() == 1
    assert "302" in desk.deliveries.of(id)[0].problem  # no receipt, and not followed
    due_again(desk)
    assert again.deliver() == 1
    assert desk.deliveries.of(id)[0].state == "delivered"
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1


def test_it_is_given_up_at_last_and_at_once_when_the_receiver_says_so(
    submit, desk, messenger, receiver
):
    desk.book.cancel(id := submit(b"x", webhook=URL).id)
    receiver.answers = [503] * 20
    for attempt in range(len(WAITS_S) + 1):
        assert desk.deliveries.of(id)[0].state == "waiting", attempt
        due_again(desk)
        messenger.deliver()
    assert desk.deliveries.of(id)[0].state == "given-up"
    receiver.answers = [410]
    desk.book.cancel(gone := submit(b"y", webhook=URL).id)
    messenger.deliver()
    assert desk.deliveries.of(gone)[0].state == "given-up"


def test_a_worker_that_dies_over_it_leaves_it_to_the_next(submit, desk, messenger, receiver):
    desk.book.cancel(id := submit(b"x", webhook=URL).id)
    taken = Deliveries(desk.history).take("told.example", 60)  # and never heard of again
    assert messenger.deliver() == 0
    due_again(desk)
    assert messenger.deliver() == 1
    assert not desk.deliveries.delivered(taken)  # it has been overtaken
    assert desk.deliveries.of(id)[0].attempts == 2


def test_of_two_workers_one_tells(submit, desk):
    desk.book.cancel(submit(b"x", webhook=URL).id)
    rivals = [Deliveries(desk.history) for _ in range(4)]
    found = []
    threads = [
        threading.Thread(target=lambda rival=rival: found.append(rival.take("told.example", 60)))
        for rival in rivals
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) - found.count(None) == 1


def test_deleting_forgets_whom_to_tell(submit, desk, messenger, receiver):
    desk.book.cancel(id := submit(b"x", webhook=URL).id)
    assert desk.delete(id)
    assert messenger.deliver() == 0
    assert desk.deliveries.of(id) == []


def test_a_receiver_that_is_down_holds_up_no_other(submit, desk, messenger, receiver, monkeypatch):
    """Four at a time and ten seconds each, a thousand messages to it took the better of an hour."""
    tried, silent = [], threading.Event()
    send = Messenger._send

    def slow(self, one):
        if "down" in one.url:
            tried.append(one.id)
            silent.wait(0.5)  # it does not answer
            raise outward.LinkRefused("down.example could not be reached: timed out")
        return send(self, one)

    monkeypatch.setattr(Messenger, "_send", slow)
    ids = [submit(b"%d" % n, webhook=f"http://down.example/hook?n={n}").id for n in range(40)]
    ids += [submit(b"a%d" % n, webhook=URL).id for n in range(12)]
    for id in ids:
        desk.book.cancel(id)
    assert messenger.deliver() == 13
    assert len(receiver.got) == 12
    assert len(tried) == 1
    waiting = [one for id in ids for one in desk.deliveries.of(id) if one.state == "waiting"]
    assert [one.attempts for one in waiting] == 40 * [1]
    assert all("timed out" in one.problem for one in waiting)
    assert desk.deliveries.counted("waiting") == 40
    for _ in WAITS_S:
        assert messenger.deliver() == 0  # it is given the same time as one message alone
        due_again(desk)
        assert messenger.deliver() == 1
    assert {one.state for id in ids[:40] for one in desk.deliveries.of(id)} == {"given-up"}
    assert len(tried) == 1 + len(WAITS_S)


def test_those_of_jobs_that_wait_are_not_looked_through(submit, desk, messenger, receiver):
    waiting = submit(b"x", webhook=URL).id
    assert desk.deliveries.of(waiting)[0].next_at.year == 9999
    desk.delete(waiting)
    for end in ("cancelled", "failed", "done"):
        id = submit(end.encode(), webhook=URL).id
        job = desk.book.claim("one", 20)
        assert desk.book.finish(job, end)
        assert desk.deliveries.of(id)[0].next_at <= datetime.now(UTC)
    assert not desk.book.finish(job, "done")
    late = desk.deliveries.add(id, "http://told.example/late")  # its job has ended
    assert late.next_at <= datetime.now(UTC)


def test_an_older_version_had_all_be_due_at_once(submit, desk, messenger, receiver):
    submit(b"x", webhook=URL)
    due_again(desk)
    assert messenger.deliver() == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/hook",
        "http://[::1]/hook",
        "http://169.254.169.254/latest",
        "ftp://told.example/hook",
        "http://user:secret@told.example/hook",
        "http://told.example:8080/hook",
        "told.example",
        "",
        "http://told.example/" + "x" * 2000,
    ],
)
def test_addresses_that_are_not_told(url):
    with pytest.raises(WebhookRefused):
        checked_address(url, lambda host, port: [{"told.example": "8.8.8.8"}.get(host, host)])


def test_an_address_that_has_become_private_is_not_told(submit, desk, messenger, receiver):
    desk.book.cancel(id := submit(b"x", webhook=URL).id)
    moved = Messenger(desk.history, desk.folders, lambda host, port: ["127.0.0.1"])
    assert moved.deliver() == 1
    assert receiver.got == []
    assert "not on the public internet" in desk.deliveries.of(id)[0].problem


def test_private_addresses_may_be_allowed(submit, desk, receiver, monkeypatch):
    url = f"http://127.0.0.1:{receiver.server_port}/hook"
    with pytest.raises(WebhookRefused):
        checked_address(url)
    monkeypatch.setenv("UNMASK_WEBHOOK_PRIVATE", "1")
    desk.book.cancel(submit(b"x", webhook=checked_address(url)).id)
    assert Messenger(desk.history, desk.folders).deliver() == 1
    assert len(receiver.got) == 1


def test_a_receiver_that_answers_for_ever_is_left(submit, desk, messenger, receiver, monkeypatch):
    monkeypatch.setattr("unmask.jobs.messenger._ANSWER_S", 0.5)
    receiver.answers = ["drip"]
    desk.book.cancel(id := submit(b"x", webhook=URL).id)
    start = time.monotonic()
    assert messenger.deliver() == 1
    assert time.monotonic() - start < 8
    assert "did not answer" in desk.deliveries.of(id)[0].problem


def test_a_receiver_that_is_not_there_is_tried_again(submit, desk, monkeypatch, receiver):
    receiver.server_close()
    monkeypatch.setenv("UNMASK_WEBHOOK_PRIVATE", "1")
    desk.book.cancel(id := submit(b"x", webhook="http://127.0.0.1:9/hook").id)
    Messenger(desk.history, desk.folders).deliver()
    [one] = desk.deliveries.of(id)
    assert (one.state, "could not be reached" in one.problem) == ("waiting", True)


def test_the_signature_is_that_of_the_specification():
    """The example of https://www.standardwebhooks.com, whose libraries then accept ours."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    told = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_secret_is_made_once_and_private(folders):
    first = secret_of(folders)
    assert secret_of(folders) == first
    assert first.startswith("whsec_")
    assert (folders.root / "webhook.key").stat().st_mode & 0o777 == 0o600


def _failure(message="no media"):
    from unmask.core.scan import Failure

    return Failure(code="not-media", message=message, hint="")
