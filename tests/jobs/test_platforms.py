"""Films of pages: a server of the test's own has the pages, another is what must not be reached."""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from unmask.core.errors import DiskFull
from unmask.jobs import TooManyBytes, Vault
from unmask.jobs.outward import LinkRefused
from unmask.jobs.platforms import fetch_film

pytest.importorskip("yt_dlp", reason="the extra 'links' is not installed")


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        kind, body = self.server.pages.get(self.path, ("text/plain", b""))
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    servers = []

    def serve(pages):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
        server.pages, server.asked = pages, []
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return server

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def page(film: str) -> tuple[str, bytes]:
    text = f"<!doctype html><title>A holiday</title><video src='{film}' type='video/mp4'></video>"
    return "text/html", text.encode()


@pytest.fixture
def get(desk):
    """Fetch from a server that is let through, as if it were on the public internet."""

    def get(server, path="/page", limit=10**7):
        place = ("127.0.0.1", server.server_port)
        return fetch_film(f"http://127.0.0.1:{place[1]}{path}", desk.vault, limit, also=(place,))

    yield get
    assert list(desk.folders.incoming.iterdir()) == []


def test_the_film_of_a_page_is_fetched(get, serve, clip):
    site = serve({"/page": page("/a/film.mp4"), "/a/film.mp4": ("video/mp4", clip.read_bytes())})
    incoming, name = get(site)
    size = incoming.bytes
    incoming.close()
    assert (size, name[:9], name[-4:]) == (clip.stat().st_size, "A holiday", ".mp4")


def test_a_page_that_leads_elsewhere_reaches_nothing_there(get, serve, clip):
    inner = serve({"/film.mp4": ("video/mp4", clip.read_bytes())})
    site = serve({"/page": page(f"http://127.0.0.1:{inner.server_port}/film.mp4")})
    with pytest.raises(LinkRefused, match="not allowed here"):
        get(site)
    assert inner.asked == []


def test_a_page_that_is_not_on_the_public_internet_is_not_read(desk, serve):
    site = serve({"/page": page("/film.mp4")})
    with pytest.raises(LinkRefused, match="not allowed here"):
        fetch_film(f"http://127.0.0.1:{site.server_port}/page", desk.vault, 99)
    assert site.asked == []


def test_too_large_a_film_is_refused(get, serve, clip):
    site = serve({"/page": page("/film.mp4"), "/film.mp4": ("video/mp4", clip.read_bytes())})
    with pytest.raises((TooManyBytes, LinkRefused)):
        get(site, limit=5000)


def test_a_film_does_not_eat_the_reserve(get, serve, clip, monkeypatch):
    """While it comes, and not only once it is there."""
    monkeypatch.setenv("UNMASK_RESERVE", "900000000")  # MB
    monkeypatch.setattr(Vault, "receive", lambda *_: pytest.fail("it was fetched whole"))
    site = serve({"/page": page("/film.mp4"), "/film.mp4": ("video/mp4", clip.read_bytes())})
    with pytest.raises(DiskFull, match="no room left"):
        get(site)


def test_a_page_without_a_film_says_so(get, serve):
    site = serve({"/page": ("text/html", b"<!doctype html><p>Nothing to see")})
    with pytest.raises(LinkRefused, match="no film could be had"):
        get(site)


TRIES = {
    "a private address": "socket.create_connection(('127.0.0.1', 80), 1)",
    "another port": "socket.create_connection(('8.8.8.8', 22), 1)",
    "an address of IPv6": "socket.socket(socket.AF_INET6).connect(('::1', 80))",
    "a socket file": "socket.socket(socket.AF_UNIX).connect('/run/x.sock')",
    "a datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('10.0.0.1', 53))",
    "a message": "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], (), 0, ('10.0.0.1', 53))",
    "a port to listen at": "socket.socket().bind(('127.0.0.1', 0))",
    "a process": "subprocess.run(['true'])",
    "a shell": "os.system('true')",
    "a fork": "os.fork()",
    "another program": "os.execv('/bin/true', ['true'])",
    "a spawned program": "os.posix_spawn('/bin/true', ['true'], {})",
    "a library": "ctypes.CDLL('libc.so.6')",
}


@pytest.mark.parametrize("tried", TRIES.values(), ids=TRIES)
def test_what_the_guard_refuses(tried):
    code = (
        "import ctypes, os, socket, subprocess\n"
        "from unmask.jobs.guard import Guarded, guard_this_process\n"
        f"guard_this_process()\ntry:\n    {tried}\nexcept Guarded:\n    print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "refused", done.stderr
