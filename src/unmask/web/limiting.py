"""How often one address may call the API and try to sign in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address


def install(app: Flask, api: Blueprint, rate: str) -> Limiter:
    """Limit each address to ``rate``, such as ``600 per minute``, over all operations together.

    Counted in memory, and before whatever is installed later may refuse a call: who guesses
    tokens is slowed as well.
    """
    app.after_request(_when_to_come_again)  # these run backwards, so after the limiter's own
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=True)
    limiter.shared_limit(rate, scope="api")(api)
    return limiter


def slow_sign_in(app: Flask, limiter: Limiter) -> None:
    """Let nobody try many tokens at the form, which has to be registered."""
    sign_in = limiter.limit("10 per minute", methods=["POST"])
    limited: Any = sign_in(app.view_functions["pages.sign_in"])
    app.view_functions["pages.sign_in"] = limited


def _when_to_come_again(response: Response) -> Response:
    """Only who was sent away has to wait."""
    if response.status_code != 429:
        response.headers.pop("Retry-After", None)
    return response
