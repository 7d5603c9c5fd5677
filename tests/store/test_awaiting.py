"""PostgreSQL that is only just starting; a socket plays its part here."""

import subprocess
import sys
import time

import pytest

from unmask.store import await_server

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
    await_server(answering(STARTING, STARTING, NO_PASSWORD))
    assert caplog.text.count("it is starting or stopping") == 2
    assert "secret" not in caplog.text


def test_a_server_that_is_not_there_is_not_waited_for_without_end(caplog):
    begun = time.monotonic()
    await_server("postgresql+psycopg://somebody@127.0.0.1:1/unmask", at_most_s=0.2)
    assert 0.2 <= time.monotonic() - begun < 10
    assert "it does not answer" in caplog.text


def test_a_file_and_other_drivers_are_not_asked(tmp_path, caplog):
    await_server(tmp_path / "history.db")
    await_server("postgresql+pg8000://somebody@127.0.0.1:1/unmask")
    assert caplog.text == ""
