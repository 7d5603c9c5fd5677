"""Settings: thresholds, how long things are kept, who is told, tokens of the API."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from unmask.core.analysis import Thresholds
from unmask.core.errors import ModelError, UsageError
from unmask.jobs.webhooks import checked_address, secret_of
from unmask.web.services import services

settings = Blueprint("settings", __name__)
_MOST_DAYS = 36_500
_DIGITS = 12  # Python reads no number of thousands


@settings.get("/settings")
def show() -> ResponseReturnValue:
    """The forms."""
    return _page()


@settings.post("/settings")
def change() -> ResponseReturnValue:
    """Keep thresholds, retention, and who is told."""
    form, own = request.form, services().settings
    low, high = form.get("low", "").strip(), form.get("high", "").strip()
    webhook = form.get("webhook", "").strip()
    wanted = {
        "thresholds": _thresholds(low, high),
        "retention_days": _days(form.get("retention_days", "").strip()),
        "webhook": checked_address(webhook) if webhook else None,
    }
    for name, value in wanted.items():
        own.set(name, value)
    return redirect(url_for("settings.show", saved=1), 303)


@settings.post("/settings/tokens")
def create_token() -> ResponseReturnValue:
    """A new token, shown this once."""
    name = request.form.get("name", "").strip()[:100] or "unnamed"
    _, secret = services().tokens.create(name)
    return _page(secret=secret)


@settings.post("/settings/webhook-secret")
def show_webhook_secret() -> ResponseReturnValue:
    """The secret by which receivers of webhooks know that it was this server that told them."""
    return _page(webhook_secret=secret_of(services().config.folders))


@settings.post("/settings/tokens/<id>/delete")
def delete_token(id: str) -> ResponseReturnValue:
    """Revoke a token."""
    services().tokens.delete(id)
    return redirect(url_for("settings.show"), 303)


def _page(secret: str = "", webhook_secret: str = "") -> str:
    own = services()
    try:
        usual = own.package().manifest.thresholds
    except ModelError:
        usual = None
    return render_template(
        "settings.html",
        usual=usual,
        thresholds=own.settings.get("thresholds"),
        retention_days=own.settings.get("retention_days"),
        tokens=own.tokens.list(),
        secret=secret,
        webhook=own.settings.get("webhook"),
        webhook_secret=webhook_secret,
    )


def _thresholds(low: str, high: str) -> dict[str, float] | None:
    if not low and not high:
        return None
    try:
        given = Thresholds(low=float(low), high=float(high))
    except ValueError as error:
        raise UsageError("both thresholds must be numbers from 0 to 1") from error
    if given.low > given.high:
        raise UsageError("the low threshold lies above the high one")
    return given.model_dump()


def _days(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > _DIGITS or not 1 <= int(text) <= _MOST_DAYS:
        raise UsageError(f"retention must be a whole number of days, 1 to {_MOST_DAYS}")
    return int(text)
