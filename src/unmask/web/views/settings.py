"""Settings: thresholds, how long things are kept, who is told, tokens of the API."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from unmask.core.analysis import Thresholds
from unmask.core.errors import ModelError, UnmaskError, UsageError
from unmask.jobs.webhooks import WebhookRefused, checked_address, secret_of
from unmask.web import problems
from unmask.web.presenting import number
from unmask.web.security import good_until
from unmask.web.services import services

settings = Blueprint("settings", __name__)
FIELDS = ("low", "high", "retention_days", "webhook")
_MOST_DAYS = 36_500
_DIGITS = 12  # Python reads no number of thousands


@settings.get("/settings")
def show() -> ResponseReturnValue:
    """The forms."""
    return _page()


@settings.post("/settings")
def change() -> ResponseReturnValue:
    """Keep thresholds, retention, and who is told; or nothing, where one of them makes no sense."""
    given = {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        wanted = {
            "thresholds": _thresholds(given["low"], given["high"]),
            "retention_days": _days(given["retention_days"]),
            "webhook": checked_address(given["webhook"]) if given["webhook"] else None,
        }
    except (UsageError, WebhookRefused) as error:
        return _page(given=given, problem=error), problems.status_of(error)
    for name, value in wanted.items():
        services().settings.set(name, value)
    return redirect(url_for("settings.show", saved=1), 303)


@settings.post("/settings/tokens")
def create_token() -> ResponseReturnValue:
    """A new token, shown this once. It outlives none by which it was made."""
    name = request.form.get("name", "").replace("\0", "").strip()[:100] or "unnamed"
    _, secret = services().tokens.create(name, until=good_until())
    return _page(secret=secret)


@settings.post("/settings/webhook-secret")
def show_webhook_secret() -> ResponseReturnValue:
    """The secret by which receivers of webhooks know that it was this server that told them."""
    return _page(webhook_secret=secret_of(services().config.folders))


@settings.post("/settings/tokens/<id>/delete")
def delete_token(id: str) -> ResponseReturnValue:
    """Revoke a token."""
    services().tokens.delete(id)
    return redirect(url_for("settings.show", _anchor="tokens"), 303)


def _page(
    secret: str = "",
    webhook_secret: str = "",
    given: dict[str, str] | None = None,
    problem: UnmaskError | None = None,
) -> str:
    """``given`` stands in the form instead of what is kept, with what is wrong with it."""
    own = services()
    try:
        usual = own.package().manifest.thresholds
    except ModelError:
        usual = None
    return render_template(
        "settings.html",
        usual=usual,
        fields=_kept() if given is None else given,
        problem=problem,
        tokens=own.tokens.list(),
        secret=secret,
        webhook_secret=webhook_secret,
    )


def _kept() -> dict[str, str]:
    kept = services().settings
    values = {name: kept.get(name) for name in ("retention_days", "webhook")}
    thresholds: dict[str, float] = kept.get("thresholds") or {}
    values |= {name: number(value) for name, value in thresholds.items()}
    return {name: "" if values.get(name) is None else str(values[name]) for name in FIELDS}


def _thresholds(low: str, high: str) -> dict[str, float] | None:
    if not low and not high:
        return None
    try:
        given = Thresholds(low=_number(low), high=_number(high))
    except ValueError as error:
        raise UsageError("both thresholds must be numbers from 0 to 1") from error
    if given.low > given.high:
        raise UsageError("the low threshold lies above the high one")
    return given.model_dump()


def _number(text: str) -> float:
    """With a decimal point or, as in most of Europe, a comma."""
    return float(text.replace(",", "."))


def _days(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > _DIGITS or not 1 <= int(text) <= _MOST_DAYS:
        raise UsageError(f"retention must be a whole number of days, 1 to {_MOST_DAYS}")
    return int(text)
