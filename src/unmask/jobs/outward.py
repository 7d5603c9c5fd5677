"""Addresses elsewhere, without becoming a way into the network behind the server.

Every address that a name stands for is looked at, and the connection goes to the very address
that was looked at: a name cannot point elsewhere a moment later.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from string import punctuation
from urllib.parse import quote, urlsplit

from unmask.core.errors import UnmaskError

WAIT_S = 15.0
_PORTS = {"http": 80, "https": 443}
_UNICAST = ipaddress.ip_network("2000::/3")
# Taken for public by Python, by some versions of it at least. Clouds have services for their own
# machines there, as at the fourth, which looks like any address.
_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "168.63.129.16/32"),
    )
)

Resolve = Callable[[str, int], list[str]]


class LinkRefused(UnmaskError):
    """The link is not one that may, or can, be reached."""

    code = "link"


@dataclass(frozen=True, slots=True)
class Target:
    """A link taken apart, and the one ``address`` to connect to. ``path`` has the query."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them. Raises :class:`LinkRefused`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise LinkRefused(
            f"{host[:100]} could not be found", hint="check how the address is spelled"
        ) from error
    return [str(address[4][0]) for address in found]


def target(
    url: str, resolve: Resolve = look_up, *, private: bool = False, hint: str = ""
) -> Target:
    """Where a link leads, if that is the public web on its usual ports; else :class:`LinkRefused`.

    ``private`` allows any address and port; ``hint`` says what to do about a private one.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        path = _in_ascii(parts.path or "/") + (f"?{_in_ascii(parts.query)}" if parts.query else "")
    except ValueError as error:
        raise LinkRefused("this is not a link") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise LinkRefused("only http and https links can be used")
    if parts.username is not None or parts.password is not None:
        raise LinkRefused("links with a user name or password are not used")
    if port not in (None, *_PORTS.values()) and not private:
        raise LinkRefused(f"port {port} is not one on which web sites are")
    port = _PORTS[parts.scheme] if port is None else port
    addresses = resolve(parts.hostname, port)
    if not addresses or not (private or all(map(public, addresses))):
        raise LinkRefused(f"{parts.hostname} is not on the public internet", hint=hint)
    return Target(parts.scheme, parts.hostname, port, path, addresses[0])


def public(address: str) -> bool:
    """Neither private nor local, nor an IPv6 wrapping of such an IPv4 address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(parsed in network for network in _SPECIAL):
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        wrapped = parsed.ipv4_mapped or parsed.sixtofour
        if wrapped is not None:
            return public(str(wrapped))
        # ``is_global`` lets through whatever Python has no entry for: the former fec0::/10, and
        # IPv4 addresses in ::/96 and 64:ff9b::/16. All of the public internet is in here.
        return parsed.is_global and parsed in _UNICAST
    return parsed.is_global and not parsed.is_multicast


def connect(to: Target, wait_s: float = WAIT_S) -> http.client.HTTPConnection:
    """To the address that was looked at; the certificate is checked against the name.

    Raises :class:`LinkRefused`. ``wait_s`` is for connecting and for each answer.
    """
    connection = http.client.HTTPConnection(to.host, to.port, timeout=wait_s)
    try:
        plain = socket.create_connection((to.address, to.port), timeout=wait_s)
        if to.scheme == "https":
            context = ssl.create_default_context()
            plain = context.wrap_socket(plain, server_hostname=to.host)
    except OSError as error:
        raise LinkRefused(f"{to.host} could not be reached: {error}") from error
    connection.sock = plain
    return connection


@contextmanager
def at_most(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Hang up after so long, and raise TimeoutError: byte by byte, an answer could last for ever.

    What was read until then may look whole, for a status line has no end of its own.
    """
    line, hung_up = connection.sock, threading.Event()

    def hang_up() -> None:
        hung_up.set()
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if hung_up.is_set():
        raise TimeoutError(f"no answer within {seconds:g} s")


def raw(header: str) -> str:
    """A header as text that :func:`target` takes: it came as bytes, and most write UTF-8."""
    return header.encode("latin-1").decode("utf-8", "surrogateescape")


def _in_ascii(path: str) -> str:
    """The same place: what could end the line of a request or is no ASCII becomes %XX of UTF-8."""
    return quote(path, safe=punctuation, errors="surrogateescape")
