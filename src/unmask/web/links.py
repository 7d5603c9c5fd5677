"""Fetching a file from the web, without becoming a way into the network behind the server.

Every address that a name stands for is looked at, and the connection goes to the very address
that was looked at: a name cannot point elsewhere a moment later. Redirects are followed by hand,
each as strictly as the first.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from unmask.core.errors import UnmaskError
from unmask.core.version import __version__
from unmask.jobs import Incoming, TooManyBytes, Vault

_REDIRECTS = 5
_WAIT_S = 15.0
_WHOLE_S = 600.0
_PIECE = 2**16
_TYPES = ("video/", "image/", "application/octet-stream", "binary/octet-stream", "application/mp4")
_PORTS = {"http": 80, "https": 443}


class LinkRefused(UnmaskError):
    """The link is not one that may, or can, be fetched."""

    code = "link"


@dataclass(frozen=True, slots=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str
    address: str


Resolve = Callable[[str, int], list[str]]


def fetch(
    url: str, vault: Vault, limit: int, resolve: Resolve | None = None
) -> tuple[Incoming, str]:
    """The file behind ``url`` and a name for it.

    At most ``limit`` bytes; http and https on their usual ports; video, picture or unspecific
    types only; no private, local or otherwise special address. Raises :class:`LinkRefused`.
    ``resolve`` looks up a name, by default as the system does.
    """
    until = time.monotonic() + _WHOLE_S
    for _ in range(_REDIRECTS + 1):
        target = _target(url, resolve or _look_up)
        connection = _connect(target)
        try:
            answer = _ask(connection, target)
            if answer.status in (301, 302, 303, 307, 308):
                url = urljoin(url, answer.getheader("Location") or "")
                continue
            if answer.status != 200:
                raise LinkRefused(f"{target.host} answered with {answer.status} {answer.reason}")
            _check_kind(answer, limit)
            return _receive(answer, vault, limit, until), _name(target)
        except (OSError, http.client.HTTPException) as error:
            raise LinkRefused(f"{target.host} could not be read: {error}") from error
        finally:
            connection.close()
    raise LinkRefused(f"the link leads on more than {_REDIRECTS} times")


def _target(url: str, resolve: Resolve) -> _Target:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise LinkRefused("this is not a link") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise LinkRefused("only http and https links can be fetched")
    if parts.username is not None or parts.password is not None:
        raise LinkRefused("links with a user name or password are not fetched")
    if port not in (None, *_PORTS.values()):
        raise LinkRefused(f"port {port} is not one on which web sites are")
    port = port or _PORTS[parts.scheme]
    addresses = resolve(parts.hostname, port)
    if not addresses or not all(map(_public, addresses)):
        raise LinkRefused(
            f"{parts.hostname} is not on the public internet",
            hint="download the file yourself and upload it",
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Target(parts.scheme, parts.hostname, port, path, addresses[0])


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise LinkRefused(f"{host[:100]} could not be found") from error
    return [str(address[4][0]) for address in found]


def _public(address: str) -> bool:
    """Neither private nor local, nor an IPv6 wrapping of such an IPv4 address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        wrapped = parsed.ipv4_mapped or parsed.sixtofour
        if wrapped is not None or parsed in ipaddress.ip_network("64:ff9b::/96"):
            return wrapped is not None and _public(str(wrapped))
    return parsed.is_global and not parsed.is_multicast


def _connect(target: _Target) -> http.client.HTTPConnection:
    """To the address that was looked at; the certificate is checked against the name."""
    connection = http.client.HTTPConnection(target.host, target.port, timeout=_WAIT_S)
    try:
        plain = socket.create_connection((target.address, target.port), timeout=_WAIT_S)
        if target.scheme == "https":
            context = ssl.create_default_context()
            plain = context.wrap_socket(plain, server_hostname=target.host)
    except OSError as error:
        raise LinkRefused(f"{target.host} could not be reached: {error}") from error
    connection.sock = plain
    return connection


def _ask(connection: http.client.HTTPConnection, target: _Target) -> http.client.HTTPResponse:
    headers = {"User-Agent": f"unmask/{__version__}", "Accept": "video/*, image/*, */*;q=0.1"}
    path = "".join(
        letter if letter.isascii() and letter.isprintable() else "" for letter in target.path
    ).replace(" ", "%20")
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


def _check_kind(answer: http.client.HTTPResponse, limit: int) -> None:
    kind = (answer.getheader("Content-Type") or "application/octet-stream").lower()
    if not kind.startswith(_TYPES):
        raise LinkRefused(
            f"the link leads to {kind.split(';')[0][:60]}, not to a video or picture",
            hint="name the file itself, not the page that shows it",
        )
    length = answer.getheader("Content-Length") or ""
    if length.isdecimal() and int(length) > limit:
        raise TooManyBytes(limit)


def _receive(answer: http.client.HTTPResponse, vault: Vault, limit: int, until: float) -> Incoming:
    incoming = vault.receive(limit)
    try:
        while piece := answer.read(_PIECE):
            incoming.write(piece)
            _in_time(until)
    except BaseException:
        incoming.discard()
        raise
    return incoming


def _in_time(until: float) -> None:
    if time.monotonic() > until:
        raise LinkRefused(f"the file took longer than {_WHOLE_S:g} s to come")


def _name(target: _Target) -> str:
    return unquote(target.path.partition("?")[0].rsplit("/", 1)[-1]) or target.host
