"""Fetching a file from the web: redirects are followed by hand, each as strictly as the first."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from unmask.core.version import __version__
from unmask.jobs import Incoming, TooManyBytes, Vault
from unmask.jobs.outward import (
    LinkRefused,
    Resolve,
    Target,
    at_most,
    connect,
    look_up,
    raw,
    target,
)
from unmask.jobs.platforms import fetch_film

_REDIRECTS = 5
_WHOLE_S = 600.0
_HEAD_S = 30.0
_PIECE = 2**16
_DIGITS = 18  # of a length: with more it is too large, whatever the limit
_TYPES = ("video/", "image/", "application/octet-stream", "binary/octet-stream", "application/mp4")
_PAGE_TYPES = ("text/html", "application/xhtml")
_PAGES = (200, 401, 403, 406, 429)  # platforms send programs away that ask for a page plainly
_TELLING = ("v", "id", "video", "video_id", "vid", "clip", "p")
_SHOWN = 300
_UPLOAD_IT = "download the file yourself and upload it"

OfPage = Callable[[str, Vault, int], tuple[Incoming, str]]


def fetch(
    url: str,
    vault: Vault,
    limit: int,
    resolve: Resolve = look_up,
    of_page: OfPage = fetch_film,
) -> tuple[Incoming, str]:
    """The file behind ``url`` and a name for it.

    At most ``limit`` bytes; http and https on their usual ports; video, picture or unspecific
    types only; no private, local or otherwise special address. Where a page answers, ``of_page``
    takes the film from it. Raises :class:`LinkRefused`, :class:`TooManyBytes` and, for a page
    without yt-dlp, :class:`MissingExtra`. ``resolve`` looks up a name.
    """
    given = url
    until = time.monotonic() + _WHOLE_S
    for _ in range(_REDIRECTS + 1):
        to = target(url, resolve, hint=_UPLOAD_IT)
        connection = connect(to)
        try:
            with at_most(connection, _HEAD_S):
                answer = _ask(connection, to)
            if answer.status in (301, 302, 303, 307, 308):
                url = _onward(url, raw(answer.getheader("Location") or ""))
                continue
            if answer.status in _PAGES and _kind(answer).startswith(_PAGE_TYPES):
                return of_page(given, vault, limit)
            if answer.status != 200:
                raise LinkRefused(f"{to.host} answered with {answer.status} {answer.reason}")
            _check_kind(answer, limit)
            return _receive(answer, vault, limit, until), _name(to)
        except (OSError, http.client.HTTPException) as error:
            raise LinkRefused(f"{to.host} could not be read: {error}") from error
        finally:
            connection.close()
    raise LinkRefused(f"the link leads on more than {_REDIRECTS} times")


def shown(url: str) -> str:
    """The link for the custody log and reports: where from, and not what lets one in.

    Links to files are often signed, and who reads a report is not to be able to use them. Of a
    query only what says which film of a page it is stays; ``url`` is one that was fetched.
    """
    parts = urlsplit(url)
    query = "&".join(map(_told, parts.query.split("&")))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))[:_SHOWN]


def _told(pair: str) -> str:
    name, given, _ = pair.partition("=")
    if not pair or (given and name.lower() in _TELLING):
        return pair
    return f"{name}=…" if given else "…"


def _onward(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:  # such as http://[
        raise LinkRefused("this is not a link") from error


def _ask(connection: http.client.HTTPConnection, to: Target) -> http.client.HTTPResponse:
    headers = {"User-Agent": f"unmask/{__version__}", "Accept": "video/*, image/*, */*;q=0.1"}
    connection.request("GET", to.path, headers=headers)
    return connection.getresponse()


def _kind(answer: http.client.HTTPResponse) -> str:
    return (answer.getheader("Content-Type") or "application/octet-stream").lower()


def _check_kind(answer: http.client.HTTPResponse, limit: int) -> None:
    kind = _kind(answer)
    if not kind.startswith(_TYPES):
        raise LinkRefused(
            f"the link leads to {kind.split(';')[0][:60]}, not to a video or picture",
            hint="name the file itself, not the page that shows it",
        )
    length = answer.getheader("Content-Length") or ""
    if length.isdecimal() and (len(length) > _DIGITS or int(length) > limit):
        raise TooManyBytes(limit)


def _receive(answer: http.client.HTTPResponse, vault: Vault, limit: int, until: float) -> Incoming:
    incoming = vault.receive(limit)
    try:
        while piece := answer.read1(_PIECE):  # what there is: one byte may be all for a while
            incoming.write(piece)
            _in_time(until)
        _whole(answer)
    except BaseException:
        incoming.discard()
        raise
    return incoming


def _whole(answer: http.client.HTTPResponse) -> None:
    if answer.length:
        raise LinkRefused(f"the file ended {answer.length} bytes too early")


def _in_time(until: float) -> None:
    if time.monotonic() > until:
        raise LinkRefused(f"the file took longer than {_WHOLE_S:g} s to come")


def _name(to: Target) -> str:
    return unquote(to.path.partition("?")[0].rsplit("/", 1)[-1]) or to.host
