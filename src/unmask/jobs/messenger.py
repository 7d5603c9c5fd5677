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
from unmask.jobs.outward import LinkRefused, Resolve, at_most, connect, look_up, target
from unmask.jobs.webhooks import event_of, private_allowed, secret_of, signature
from unmask.store import CustodyLog, Deliveries, Delivery, History, JobBook

WAITS_S = (5, 30, 120, 600, 1800, 3600, 4 * 3600, 12 * 3600)
"""How long after each failed attempt the next one comes; after the last there is none."""

_ANSWER_S = 10.0
_LEASE_S = 60.0  # longer than an attempt can take; then another worker may try
_AT_ONCE = 16  # hosts; each gets one message after the other
_ROUND_S = 10.0  # about as long as a host takes that does not answer
_PAUSE_S = 1.0
log = logging.getLogger("unmask.webhooks")


class _NotReceived(Exception):
    """Why. ``final``: the receiver wants no more of it; ``silent``: nobody answered there."""

    def __init__(self, problem: str, *, final: bool = False, silent: bool = False) -> None:
        super().__init__(problem)
        self.final = final
        self.silent = silent


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
                self.deliver(stopping)
            except StoreError as error:
                log.warning("%s", error)

    def deliver(self, stopping: threading.Event | None = None) -> int:
        """Try what is due, several hosts at a time, and say how many were tried.

        A host has one message at a time, so that one that does not answer holds up no other.
        """
        due = Deliveries(self.history).hosts_due(_AT_ONCE)
        if not due:
            return 0
        stopped = stopping or threading.Event()
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="unmask-webhook") as pool:
            return sum(pool.map(lambda host: self._tell(host, stopped), due))

    def _tell(self, host: str, stopping: threading.Event) -> int:
        """One message after the other to this host; how many were tried."""
        deliveries, until, tried = Deliveries(self.history), time.monotonic() + _ROUND_S, 0
        while time.monotonic() < until and not stopping.is_set():
            one = deliveries.take(host, _LEASE_S)
            if one is None:
                break
            tried += 1
            problem = self._try(one)
            if problem is not None:
                deliveries.unanswered(host, problem, WAITS_S)
                break
        return tried

    def _try(self, one: Delivery) -> str | None:
        """The problem, where it concerns whatever else is to be said there."""
        try:
            host = self._send(one)
        except Exception as error:  # noqa: BLE001 - no receiver may keep others from theirs
            final = isinstance(error, _NotReceived) and error.final
            last = final or one.attempts > len(WAITS_S)
            wait_s, problem = None if last else WAITS_S[one.attempts - 1], str(error)[:300]
            Deliveries(self.history).failed(one, problem, wait_s)
            log.warning("webhook of %s, attempt %d: %s", one.analysis, one.attempts, error)
            silent = isinstance(error, LinkRefused) or getattr(error, "silent", False)
            return problem if silent else None
        if Deliveries(self.history).delivered(one):
            CustodyLog(self.history).add(one.analysis, "notified", host)
        return None

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
            raise _NotReceived(f"{to.host} did not answer: {error}", silent=True) from error
        finally:
            connection.close()
        if not 200 <= status < 300:  # a redirect is no receipt either, and is not followed
            raise _NotReceived(f"{to.host} answered with {status}", final=status == 410)
        return to.host
