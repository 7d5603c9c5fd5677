"""The serve command's work: is it safe, the worker beside it, the server."""

from __future__ import annotations

import ipaddress
import logging
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from unmask.cli import logs
from unmask.core.errors import UsageError
from unmask.core.extras import needing
from unmask.jobs.ending import in_words
from unmask.jobs.folders import Folders
from unmask.jobs.limits import Limits, raise_descriptors
from unmask.jobs.room import check_room, reserve
from unmask.runtime import find_package
from unmask.store import History, Tokens, when_up
from unmask.web import WebConfig, create_app

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_THREADS = 24  # 10 may watch progress (WATCHERS of services), 8 wait for reports (Desk.errand)
_MB = 2**20
_PAUSE_S = 1.0
_log = logging.getLogger("unmask.serve")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """The options of ``unmask serve``, as they come from the command line."""

    host: str
    port: int
    host_names: tuple[str, ...]
    models: tuple[str, ...]
    jobs: int
    max_upload: int
    require_tokens: bool
    insecure: bool
    https: bool
    proxy: str | None
    log: logs.Log = "warnings"


def run(options: ServeOptions) -> int:
    """Serve until interrupted. Raises :class:`UsageError` where that would not be safe."""
    with needing("web", "the web app"):
        import waitress
    from unmask.web.refusing import answer_the_refused
    from unmask.web.security import may_send

    logs.set_up(options.log)
    Limits.from_environment()  # where they make no sense, no worker would ever start
    reserve()
    raise_descriptors()
    folders = Folders.default()
    config = when_up(lambda: config_for(options, folders))
    tempfile.tempdir = str(folders.incoming)  # bodies are buffered there, not in a RAM disk
    app = when_up(lambda: create_app(config))
    servers: dict[int, Any] = {}
    with _listening_at(options):
        server = waitress.create_server(
            app,
            map=servers,
            host=options.host,
            port=options.port,
            threads=_THREADS,
            max_request_body_size=app.config["MAX_CONTENT_LENGTH"] + 1,  # above it: see refusing
            connection_limit=_connections(),
            asyncore_use_poll=True,  # select() ends the server at descriptor 1024
            ident="",
            url_scheme="https" if options.https else "http",  # else its own pages look foreign
            **forwarding(options.proxy),
        )
    answer_the_refused(servers, partial(may_send, app), partial(check_room, folders))
    _announce(options, server)
    stopping = threading.Event()
    keeper = threading.Thread(
        target=keep_worker, args=[options.jobs, stopping, options.log], daemon=True
    )
    if options.jobs:
        keeper.start()
    try:
        with _ended_by_sigterm():
            server.run()
    finally:
        stopping.set()
        if options.jobs:
            keeper.join(timeout=30)
    return 0


@contextmanager
def _listening_at(options: ServeOptions) -> Iterator[None]:
    """:class:`UsageError` where that cannot be."""
    try:
        yield
    except OSError as error:
        airplay = "; AirPlay Receiver of macOS takes port 5000" if options.port == 5000 else ""
        raise UsageError(
            f"{options.host}, port {options.port} cannot be served at: {error.strerror or error}",
            hint=f"choose another --port or --host{airplay}",
        ) from error


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Have SIGTERM end the server as Ctrl-C does, with its worker.

    By itself it would cut off both, and as process 1 of a container it would do nothing at all.
    """

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def config_for(options: ServeOptions, folders: Folders) -> WebConfig:
    """How the app is to run; refuses to listen to the world without tokens or --insecure."""
    beyond = not is_loopback(options.host) or options.proxy is not None
    asks = options.require_tokens or (beyond and not options.insecure)
    if asks and not _has_tokens():
        raise UsageError(
            f"{options.proxy or options.host} can be reached from elsewhere"
            " and there is no token to ask for"
            if beyond
            else "there is no token to ask for",
            hint="'unmask tokens create NAME' makes one; --insecure serves everybody without",
        )
    own = () if options.host in _ANY else (options.host,)
    names = (*_LOOPBACK, *map(_as_browsers_say, (*options.host_names, *own)))
    return WebConfig(
        folders=folders,
        models=tuple(str(find_package(name).folder) for name in options.models),
        max_upload=options.max_upload * _MB,
        tokens_required=asks,
        hosts=() if options.host in _ANY and not options.host_names else names,
        forwarded=options.insecure,
        secure_cookies=options.https,
    )


def forwarding(proxy: str | None) -> dict[str, Any]:
    """What waitress is to believe: the caller's address, where ``proxy`` itself is the peer.

    Raises :class:`UsageError` for what is no address, since waitress would believe nobody then
    and say nothing.
    """
    if proxy is None:  # nobody is believed, but that there is a proxy is to be seen
        return {"clear_untrusted_proxy_headers": False}
    try:
        address = str(ipaddress.ip_address(proxy.strip("[]")))
    except ValueError as error:
        raise UsageError(
            f"--proxy {proxy} is not an IP address", hint="such as 127.0.0.1, as the proxy connects"
        ) from error
    return {
        "trusted_proxy": address,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for"},
        "clear_untrusted_proxy_headers": True,
    }


_ANY = ("0.0.0.0", "::", "")


def _as_browsers_say(host: str) -> str:
    """A name or address as it stands in a request, without a port: small letters, IPv6 short and
    in brackets.
    """
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host.partition(":")[0].lower()
    return f"[{address}]" if address.version == 6 else str(address)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def keep_worker(jobs: int, stopping: threading.Event, log: logs.Log = "warnings") -> None:
    """Run a worker, and another whenever it dies, until told to stop; then let it end."""
    command = [sys.executable, "-m", "unmask", "worker", "--with-parent"]
    command += ["--jobs", str(jobs), "--log", log]
    while not stopping.is_set():
        try:
            worker = subprocess.Popen(command, stdin=subprocess.PIPE)
        except OSError as error:  # of memory or processes there are none left, for now
            _log.warning("no worker can be started, so nothing is analysed: %s", error)
            stopping.wait(_PAUSE_S)
            continue
        while worker.poll() is None and not stopping.wait(_PAUSE_S / 4):
            pass
        assert worker.stdin is not None
        worker.stdin.close()
        code = worker.wait()
        if not stopping.is_set():
            _log.warning("the worker %s: another is started", in_words(code))
        stopping.wait(_PAUSE_S)


def _connections() -> int:
    """At most: Windows has select() alone, which raises for more than 512."""
    return 1000 if hasattr(select, "poll") else 480


def _has_tokens() -> bool:
    with History() as history:
        return Tokens(history).count() > 0


def _announce(options: ServeOptions, server: object) -> None:
    port = getattr(server, "effective_port", options.port) or options.port
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)  # not all open it
    host = f"[{here}]" if ":" in here else here
    logs.announce(f"open http://{host}:{port}/ (Ctrl-C ends)", options.log)
    if not is_loopback(options.host) and options.insecure:
        logs.announce("everybody who reaches this address may use it", options.log)
    if not options.models and not _shipped():
        logs.announce("no model package is installed: give --model DIR", options.log)


def _shipped() -> bool:
    from unmask.core.paths import assets_folder

    return any(Path(assets_folder() / "models").glob("*/model.json"))
