"""How often one caller may call the API and try to sign in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from unmask.web.security import known_token

_CALLS = "No more calls are answered in this minute. Retry-After says when they are again."
_TOKENS = "Too many tokens were tried. Try again in a minute."


def install(app: Flask, api: Blueprint, rate: str) -> Limiter:
    """Limit each token to ``rate``, such as ``600 per minute``, over all operations together.

    So do those who have none at one address, and who guess tokens. Counted in memory, and before
    whatever is installed later may refuse a call.
    """
    app.after_request(_when_to_come_again)  # these run backwards, so after the limiter's own
    limiter = Limiter(_caller, app=app, storage_uri="memory://", headers_enabled=True)
    limiter.shared_limit(rate, scope="api", error_message=_CALLS)(api)
    return limiter


def _caller() -> str:
    """Many with a token each may come from one address, and none of them is to slow the others."""
    token = known_token()
    return get_remote_address() if token is None else f"token {token}"


def slow_sign_in(app: Flask, limiter: Limiter) -> None:
    """Let nobody try many tokens at the form, which has to be registered."""
    sign_in = limiter.limit("10 per minute", methods=["POST"], error_message=_TOKENS)
    limited: Any = sign_in(app.view_functions["pages.sign_in"])
    app.view_functions["pages.sign_in"] = limited


def _when_to_come_again(response: Response) -> Response:
    """Only who was sent away has to wait."""
    if response.status_code != 429:
        response.headers.pop("Retry-After", None)
    return response
