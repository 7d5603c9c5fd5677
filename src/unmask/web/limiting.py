"""How often one address may call the API and try to sign in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address


def install(app: Flask, api: Blueprint, rate: str) -> None:
    """Limit each address to ``rate``, such as ``600 per minute``. Counted in memory."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=True)
    limiter.limit(rate)(api)
    sign_in = limiter.limit("10 per minute", methods=["POST"])
    limited: Any = sign_in(app.view_functions["pages.sign_in"])
    app.view_functions["pages.sign_in"] = limited
