"""PostgreSQL that is only just starting; a socket plays its part here."""

import subprocess
import sys

import pytest

from unmask.core.errors import StoreError
from unmask.store import when_up

pytest.importorskip("psycopg", reason="the extra 'cluster' is not installed")

STARTING, NO_PASSWORD = "57P03", "28P01"

# A process of its own: whoever asks lets no other thread run meanwhile.
_SERVER = """
import socket, struct, sys
codes = sys.argv[1:]
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
while True:
    client, _ = listening.accept()
    with client:
        while struct.unpack("!II", client.recv(8))[1] in (80877103, 80877104):  # by TLS? by GSS?
            client.sendall(b"N")
        code = codes.pop(0) if len(codes) > 1 else codes[0]
        body = f"SFATAL\\0VFATAL\\0C{code}\\0Mnot now\\0\\0".encode()
        client.sendall(b"E" + struct.pack("!I", len(body) + 4) + body)
"""


@pytest.fixture
def answering():
    """A server that answers each client with the next of some codes, the last one for ever."""
    started = []

    def start(*codes):
        server = subprocess.Popen([sys.executable, "-c", _SERVER, *codes], stdout=subprocess.PIPE)
        started.append(server)
        port = int(server.stdout.readline())
        return f"postgresql+psycopg://somebody:secret@127.0.0.1:{port}/unmask"

    yield start
    for server in started:
        server.kill()
        server.communicate()


def test_a_server_that_starts_is_waited_for(answering, monkeypatch, caplog):
    """Workers ended instead, and systemd gives up on what ends five times in ten seconds."""
    monkeypatch.setattr("unmask.store.awaiting._PAUSE_S", 0.01)
    opened = when_up(lambda: "opened", answering(STARTING, STARTING, NO_PASSWORD))
    assert opened == "opened"
    assert caplog.text.count("it is starting or stopping") == 2
    assert "secret" not in caplog.text


def test_a_server_that_goes_before_it_is_opened_is_waited_for_too(answering, monkeypatch):
    monkeypatch.setattr("unmask.store.awaiting._PAUSE_S", 0.01)
    failures = [1, 2]

    def opening():
        if failures:
            failures.pop()
            raise StoreError("it is shutting down")
        return "opened"

    there = NO_PASSWORD
    url = answering(there, STARTING, STARTING, there, STARTING, there)
    assert when_up(opening, url) == "opened"


def test_what_is_wrong_for_good_is_said(answering, monkeypatch):
    monkeypatch.setattr("unmask.store.awaiting._PAUSE_S", 0.01)
    with pytest.raises(StoreError, match="password"):
        when_up(lambda: refuse("a wrong password"), answering(NO_PASSWORD))


def test_a_server_that_is_not_there_is_not_waited_for_without_end(monkeypatch, caplog):
    monkeypatch.setattr("unmask.store.awaiting._PAUSE_S", 0.01)
    url = "postgresql+psycopg://somebody@127.0.0.1:1/unmask"
    with pytest.raises(StoreError, match="refused"):
        when_up(lambda: refuse("connection refused"), url, at_most_s=0.1)
    assert "it does not answer" in caplog.text


def test_a_file_and_other_drivers_are_not_asked(tmp_path, caplog):
    for database in (tmp_path / "history.db", "postgresql+pg8000://somebody@127.0.0.1:1/unmask"):
        with pytest.raises(StoreError):
            when_up(lambda: refuse("damaged"), database)
    assert caplog.text == ""


def refuse(why):
    raise StoreError(why)
