"""Who may do what: headers of every answer, forged requests, tokens."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlsplit

from flask import Flask, Response, g, redirect, request, session, url_for
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from unmask.core.errors import StoreError
from unmask.web import sessions
from unmask.web.problems import PROGRAMS, for_programs
from unmask.web.services import KEY, Services, services

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN: Final = frozenset({"static", "pages.sign_in", "health.healthz", "health.readyz"})
HEADER: Final = "X-CSRF-Token"
FIELD: Final = "csrf_token"

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


class BadCsrfToken(Forbidden):
    """A form without the token of its own session."""

    description = "The page was too old, or the request came from another site. Load it again."


def install(app: Flask) -> None:
    """Guard every request of the application and mark every answer."""
    app.before_request(_guard)
    app.after_request(_mark)
    app.jinja_env.globals["csrf_token"] = csrf_token


def may_send(app: Flask, headers: Mapping[str, str]) -> bool:
    """Whether who sends these headers has a token, where one is asked for. Writes nothing."""
    own: Services = app.extensions[KEY]
    if not own.config.tokens_required:
        return True
    asked = {
        name: headers[name.upper()]
        for name in ("Authorization", "Cookie")
        if name.upper() in headers
    }
    with app.test_request_context(headers=asked):
        try:
            bearer = _bearer()
            if bearer is not None:
                return own.tokens.known(bearer) is not None
            return sessions.signed_in()
        except StoreError:
            return False


def owner(door: Literal["api", "web"]) -> str:
    """Whose the jobs of this request are, in :mod:`unmask.store.turns`.

    Who sends files by hand has turns beside the programs that use the same token. Who needs no
    token is one of two, by the door.
    """
    return f"{door}:{_token() or ''}"


def good_until() -> datetime | None:
    """When the token of this request expires; None where it does not, and where none is needed."""
    own = _token()
    return next((one.expires_at for one in services().tokens.list() if one.id == own), None)


def _token() -> str | None:
    found: str | None = g.get("token") or session.get("token")
    return found


def csrf_token() -> str:
    """The token of this session, made when first asked for."""
    if FIELD not in session:
        session[FIELD] = secrets.token_urlsafe(24)
    return str(session[FIELD])


def _guard() -> AnyResponse | None:
    foreign = _from_another_site()
    if foreign and request.method not in SAFE:
        raise Forbidden("The request came from another site.")
    if request.endpoint in OPEN:
        _check_csrf()
        return None
    is_api = request.path.startswith(PROGRAMS)
    bearer = _bearer()
    if bearer is not None:
        g.token = services().tokens.check(bearer)
        if g.token is None:
            raise Unauthorized("This token is not known here, or has expired.")
    elif services().config.tokens_required and not sessions.signed_in():
        if is_api:
            raise Unauthorized("Send a token: Authorization: Bearer …")
        if for_programs():  # a page's own script, which would take the form for its answer
            raise Unauthorized("You are not signed in any more. Load the page again.")
        return redirect(_sign_in())
    g.welcome = True
    if not is_api:
        _check_csrf()
    return None


def _sign_in() -> str:
    """The address of the form, which leads on to what was asked for.

    After a form that was sent that is the page it stood on: its own address shows nothing, and
    what it held is gone.
    """
    if request.method in SAFE:
        return url_for("pages.sign_in", next=request.full_path.rstrip("?"))
    page = urlsplit(request.referrer or "")
    back = f"{page.path}?{page.query}".rstrip("?") if page.netloc == request.host else "/"
    return url_for("pages.sign_in", next=back, unsent=1)


def known_token() -> str | None:
    """The id of the token that the request bears; None where it bears none that is known."""
    bearer = _bearer()
    return None if bearer is None else services().tokens.known(bearer)


def _from_another_site() -> bool:
    """What the browser says. Programs that are no browsers send neither header."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin != request.host_url.rstrip("/")


def _bearer() -> str | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def _check_csrf() -> None:
    """The header is looked at first: it costs no parsing of a form of gigabytes."""
    if request.method in SAFE:
        return
    sent = request.headers.get(HEADER) or request.form.get(FIELD, "")
    own = str(session.get(FIELD, ""))
    if not own or not hmac.compare_digest(sent.encode(), own.encode()):
        raise BadCsrfToken


def _mark(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response
