"""A database server that is only just starting, as after a power cut: who needs it waits for it."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from sqlalchemy import URL

from unmask.store.engine import locate, place_of

_PAUSE_S = 1.0
_ANSWER_S = 5
log = logging.getLogger("unmask.store")


def await_server(database: str | Path | None = None, *, at_most_s: float = 300.0) -> None:
    """Return when the server of the database takes connections, at once for an SQLite file.

    After ``at_most_s`` seconds, too: whoever opens the database then is told what is wrong. What
    is wrong with the name of a database or a password is not waited for. ``database`` as of
    :class:`unmask.store.History`.
    """
    url, until = locate(database), time.monotonic() + at_most_s
    while (why := _away(url)) and time.monotonic() < until:
        log.warning("waiting for the database %s: %s", place_of(url), why)
        time.sleep(min(_PAUSE_S, at_most_s))


def _away(url: URL) -> str:
    """Why PostgreSQL takes no connections, empty where it does, or another driver is to say."""
    if url.drivername != "postgresql+psycopg":
        return ""
    try:
        from psycopg.conninfo import make_conninfo
        from psycopg.pq import PGconn, Ping
    except ImportError:
        return ""  # which the opening explains
    known = url.get_dialect()().create_connect_args(url)[1]
    answer = PGconn.ping(make_conninfo(**{"connect_timeout": _ANSWER_S, **known}).encode())
    if answer == Ping.REJECT:
        return "it is starting or stopping"
    return "it does not answer" if answer == Ping.NO_RESPONSE else ""
