"""The web app: pages, API and live camera over the ``jobs`` and ``store`` rooms. Extra ``web``.

``create_app(config)`` makes a Flask application; nothing happens at import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from unmask.core.extras import needing
from unmask.web.config import WebConfig

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["WebConfig", "create_app"]


def create_app(config: WebConfig | None = None) -> Flask:
    """The application. Raises :class:`MissingExtra` where Flask is not installed."""
    with needing("web", "the web app"):
        from unmask.web.app import build
    return build(config or WebConfig())
