"""What belongs to no file: signing in, the choice of a language."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from unmask.core.language import LANGUAGES
from unmask.web import sessions
from unmask.web.services import services

pages = Blueprint("pages", __name__)
_YEAR_S = 365 * 24 * 3600


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Exchange a token for a session, where tokens are required."""
    wanted = own_path(request.values.get("next", ""))
    if request.method == "GET":
        return render_template("sign_in.html", wanted=wanted, wrong=False)
    token = services().tokens.check(request.form.get("token", "").strip())
    if token is None:
        return render_template("sign_in.html", wanted=wanted, wrong=True), 401
    sessions.begin(token)
    return redirect(wanted, 303)


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session."""
    sessions.end()
    return redirect("/", 303)


@pages.post("/language")
def language() -> ResponseReturnValue:
    """Remember the language chosen, in a cookie that says nothing else."""
    chosen = request.form.get("lang", "")
    if chosen not in LANGUAGES:
        abort(400)
    answer = make_response(redirect(own_path(request.form.get("next", "")), 303))
    answer.set_cookie("lang", chosen, max_age=_YEAR_S, samesite="Lax", httponly=True)
    return answer


def own_path(text: str) -> str:
    """A path of this site to go on to: never another site, whatever was sent."""
    parts = urlsplit(text.replace("\\", "/"))
    if parts.scheme or parts.netloc or not parts.path.startswith("/"):
        return "/"
    if parts.path.startswith("//"):  # as in ////host: to a browser a host comes after two
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "")
