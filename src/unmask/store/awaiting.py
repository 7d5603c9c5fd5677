"""A database server that is only just starting, as after a power cut: who needs it waits for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL

from unmask.core.errors import StoreError
from unmask.store.engine import locate, place_of

_PAUSE_S = 1.0
_ANSWER_S = 5
_ASKED = "postgresql+psycopg"
T = TypeVar("T")
log = logging.getLogger("unmask.store")


def when_up(
    opening: Callable[[], T], database: str | Path | None = None, *, at_most_s: float = 300.0
) -> T:
    """What ``opening`` comes to, which opens the database, once its server takes connections.

    It is called again where the server went away meanwhile. Raises its :class:`StoreError` where
    that is no reason, such as a wrong password, and after ``at_most_s`` seconds. ``database`` as
    of :class:`unmask.store.History`; an SQLite file is never waited for.
    """
    url, until = locate(database), time.monotonic() + at_most_s
    again = url.drivername == _ASKED
    while True:
        while (why := _away(url)) and time.monotonic() < until:
            log.warning("waiting for the database %s: %s", place_of(url), why)
            time.sleep(min(_PAUSE_S, at_most_s))
        try:
            return opening()
        except StoreError:
            if not again or time.monotonic() > until:
                raise
        time.sleep(_PAUSE_S)
        again = bool(_away(url))  # if not, it was away for a moment, or never was the reason


def _away(url: URL) -> str:
    """Why PostgreSQL takes no connections, empty where it does, or another driver is to say."""
    if url.drivername != _ASKED:
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
