"""The application factory: what is put together, and in which order."""

from __future__ import annotations

import mimetypes

from flask import Flask, abort, request
from flask_babel import Babel, get_locale

from unmask.core.language import LANGUAGES, catalogues
from unmask.core.version import __version__
from unmask.web import api, limiting, presenting, problems, security, sessions, uploads, views
from unmask.web.addressed import check_address
from unmask.web.config import WebConfig
from unmask.web.secret import secret_key
from unmask.web.services import KEY, Services, services

_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def build(config: WebConfig) -> Flask:
    """See :func:`unmask.web.create_app`."""
    app = Flask("unmask.web")
    app.request_class = uploads.StreamingRequest
    app.config.update(
        SECRET_KEY=config.secret_key or secret_key(config.folders.root),
        MAX_CONTENT_LENGTH=config.max_upload + 2**20,
        SESSION_COOKIE_NAME=_cookie(config),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=config.secure_cookies,
        PERMANENT_SESSION_LIFETIME=sessions.LASTS,
        SESSION_REFRESH_EACH_REQUEST=False,  # an answer under way would undo signing out
        TESTING=config.testing,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.extensions[KEY] = Services.open(config)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(app, locale_selector=_language, default_translation_directories=str(catalogues()))
    _name_kinds_of_files()
    problems.install(app)
    app.before_request(check_address)
    app.before_request(_know_no_nul)
    app.before_request(_ignore_odd_ranges)
    limiter = limiting.install(app, api.API, config.rate_limit)
    security.install(app)
    presenting.install(app)
    app.teardown_request(uploads.discard_rest)
    app.jinja_env.globals.update(
        version=__version__,
        languages=LANGUAGES,
        get_locale=get_locale,
        known_endpoints=app.view_functions.keys,
        packages=lambda: services().packages(),
    )
    for blueprint in (*views.BLUEPRINTS, *api.BLUEPRINTS):
        app.register_blueprint(blueprint)
    limiting.slow_sign_in(app, limiter)
    return app


def _name_kinds_of_files() -> None:
    """Of what is under ``static/``, whatever this machine says.

    Windows's registry often says that .js is plain text, which no browser would run.
    """
    for suffix, kind in _KINDS.items():
        mimetypes.add_type(kind, suffix)


def _cookie(config: WebConfig) -> str:
    """By the prefix, browsers take it from this very host alone: no site beside may plant one."""
    return "__Host-unmask" if config.secure_cookies else "unmask"


def _language() -> str:
    chosen = request.cookies.get("lang", "")
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(list(LANGUAGES), "en") or "en"


def _know_no_nul() -> None:
    """No id holds this sign, and PostgreSQL refuses to be asked for it."""
    if "\0" in request.path:
        abort(404)


def _ignore_odd_ranges() -> None:
    """Where a range is in unknown units, unreadable or several, send all (RFC 9110, 14.2).

    Werkzeug would say of all three that they lie outside the file.
    """
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        request.environ.pop("HTTP_RANGE", None)
