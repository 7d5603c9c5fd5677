"""The worker's side of webhooks: sends what is due, tries again later what was not received."""

from __future__ import annotations

import http.client
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from unmask.core.errors import StoreError
from unmask.core.version import __version__
from unmask.jobs.folders import Folders
from unmask.jobs.outward import Resolve, at_most, connect, look_up, target
from unmask.jobs.webhooks import event_of, private_allowed, secret_of, signature
from unmask.store import CustodyLog, Deliveries, Delivery, History, JobBook

WAITS_S = (5, 30, 120, 600, 1800, 3600, 4 * 3600, 12 * 3600)
"""How long after each failed attempt the next one comes; after the last there is none."""

_ANSWER_S = 10.0
_LEASE_S = 60.0  # longer than an attempt can take; then another worker may try
_AT_ONCE = 4
_PAUSE_S = 1.0
log = logging.getLogger("unmask.webhooks")


class _NotReceived(Exception):
    """Why. ``final``: the receiver wants no more of it."""

    def __init__(self, problem: str, *, final: bool = False) -> None:
        super().__init__(problem)
        self.final = final


@dataclass(frozen=True, slots=True)
class Messenger:
    """Delivers from the database of ``history``. ``now`` is the time in seconds since 1970."""

    history: History
    folders: Folders
    resolve: Resolve = look_up
    now: Callable[[], float] = time.time

    def run(self, stopping: threading.Event) -> None:
        """Deliver until told to stop. A database that is busy now may not be in a moment."""
        while not stopping.wait(_PAUSE_S):
            try:
                self.deliver()
            except StoreError as error:
                log.warning("%s", error)

    def deliver(self) -> int:
        """Try everything that is due, several at a time, and say how many were tried."""
        due = Deliveries(self.history).take(_LEASE_S, _AT_ONCE)
        if due:
            with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="unmask-webhook") as pool:
                list(pool.map(self._try, due))
        return len(due)

    def _try(self, one: Delivery) -> None:
        try:
            host = self._send(one)
        except Exception as error:  # noqa: BLE001 - no receiver may keep others from theirs
            final = isinstance(error, _NotReceived) and error.final
            last = final or one.attempts > len(WAITS_S)
            wait_s = None if last else WAITS_S[one.attempts - 1]
            Deliveries(self.history).failed(one, str(error)[:300], wait_s)
            log.warning("webhook of %s, attempt %d: %s", one.analysis, one.attempts, error)
            return
        if Deliveries(self.history).delivered(one):
            CustodyLog(self.history).add(one.analysis, "notified", host)

    def _send(self, one: Delivery) -> str:
        """The host that has received it. Raises :class:`_NotReceived`, :class:`LinkRefused`."""
        event = event_of(one.analysis, self.history, JobBook(self.history))
        if event is None:
            raise _NotReceived("the analysis is gone", final=True)
        to = target(one.url, self.resolve, private=private_allowed())
        body, stamp = event.model_dump_json().encode(), int(self.now())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"unmask/{__version__}",
            "webhook-id": one.id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(secret_of(self.folders), one.id, stamp, body),
        }
        connection = connect(to, _ANSWER_S)
        try:
            with at_most(connection, 2 * _ANSWER_S):
                connection.request("POST", to.path, body, headers)
                status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise _NotReceived(f"{to.host} did not answer: {error}") from error
        finally:
            connection.close()
        if not 200 <= status < 300:  # a redirect is no receipt either, and is not followed
            raise _NotReceived(f"{to.host} answered with {status}", final=status == 410)
        return to.host
