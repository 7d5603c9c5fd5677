"""Who is signed in at the pages: a signed cookie says by which token, and since when.

It lasts so many days from signing in, however much it is used, and ends with signing out: for every
copy of the cookie, and not only where it is taken away.
"""

from __future__ import annotations

import secrets
import time
from datetime import timedelta
from typing import Final

from flask import session

from unmask.web.services import services

LASTS: Final = timedelta(days=30)
_ENDED: Final = "session-ended:"


def begin(token: str) -> None:
    """Sign in by the token with this id."""
    session.clear()
    session.update(token=token, id=secrets.token_hex(8), since=int(time.time()))
    session.permanent = True


def end() -> None:
    """Sign out. Those of which the time is over anyway need not be remembered any longer."""
    id, now, settings = session.get("id"), time.time(), services().settings
    session.clear()
    for name, until in settings.starting(_ENDED).items():
        if until < now:
            settings.set(name, None)
    if id is not None:
        settings.set(f"{_ENDED}{id}", now + LASTS.total_seconds())


def signed_in() -> bool:
    """By a token that has neither been revoked since nor expired, and not signed out."""
    own, id, token = services(), session.get("id"), session.get("token")
    if id is None or token is None or time.time() - session["since"] > LASTS.total_seconds():
        return False
    known = any(one.id == token and one.good for one in own.tokens.list())
    return known and own.settings.get(f"{_ENDED}{id}") is None
