"""The web app: pages, API and live camera over the ``jobs`` and ``store`` rooms. Extra ``web``.

``create_app(config)`` makes a Flask application; nothing happens at import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from unmask.core.errors import MissingExtra
from unmask.web.config import WebConfig

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["WebConfig", "create_app"]


def create_app(config: WebConfig | None = None) -> Flask:
    """The application. Raises :class:`MissingExtra` where Flask is not installed."""
    try:
        from unmask.web.app import build
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "unmask":
            raise
        raise MissingExtra.named("web", "the web app") from error
    return build(config or WebConfig())
