"""``unmask worker``: takes jobs from the queue, and picks up those whose worker has died."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from unmask.core.errors import StoreError
from unmask.core.scan import Failure
from unmask.jobs.deleting import delete_pictures
from unmask.jobs.desk import Desk
from unmask.jobs.folders import Folders
from unmask.jobs.messenger import Messenger
from unmask.jobs.queueing import Queue
from unmask.jobs.room import reserve, too_full_to_begin
from unmask.jobs.running import ATTEMPTS, Workshop
from unmask.jobs.streams import when_stdin_closes
from unmask.store import History, Job, Settings, when_up

_SWEEP_S = 3.0
_LOCKED_S = 1.0
_TIDY_S = 600.0
_AT_ONCE = 1000
_EXPIRED_AT_ONCE = 500
log = logging.getLogger("unmask.worker")


def run_worker(
    folders: Folders,
    *,
    workers: int = 1,
    with_parent: bool = False,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Work until SIGINT or SIGTERM; jobs then running are given back and wait again.

    ``with_parent`` also ends when standard input closes, as it does when the parent dies.
    """
    reserve()  # where it makes no sense, no job would ever be begun
    with when_up(History) as history:
        shop = Workshop(history, folders)
        queue = Queue(folders, shop.run)
        if with_parent:
            when_stdin_closes(shop.stopping.set)
        messenger = Messenger(history, folders)
        threading.Thread(target=messenger.run, args=[shop.stopping], daemon=True).start()
        consumer = queue.consumer(workers)
        consumer.start()
        _stop_on_signals(shop.stopping)  # instead of Huey's handlers, which know no children
        ready()
        tidying = _Rarely(_TIDY_S)
        while not shop.stopping.wait(_SWEEP_S):
            _safely(lambda: sweep(shop, queue))
            if tidying.due() and _safely(lambda: tidy(shop)) >= _EXPIRED_AT_ONCE:
                tidying.again()  # there is more: after a sweep, and unless it is to stop
        consumer.stop(graceful=True)


class _Rarely:
    """What is due at first, and then every so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = time.monotonic()

    def due(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self._seconds
        return True

    def again(self) -> None:
        """It is due now."""
        self._next = time.monotonic()


def sweep(shop: Workshop, queue: Queue) -> int:
    """Let every job wait again that nobody works on, and have a message for each that waits.

    A message too many is harmless (see :meth:`JobBook.claim`), one too few is mended here, the
    first :data:`_AT_ONCE` of them. A job that has cost :data:`ATTEMPTS` workers their lives fails.
    Returns how many messages there were too few. While the disk is too full for another job it
    does nothing: workers live that cannot say so.
    """
    if too_full_to_begin(shop.folders):
        return 0
    for job in _abandoned(shop):
        _give_back(shop, job)
    missing = max(0, min(shop.book.waiting() - queue.length(), _AT_ONCE))
    for _ in range(missing):
        queue.put()
    return missing


def _abandoned(shop: Workshop) -> list[Job]:
    """The running jobs whose workers have died.

    Those that are at work are not to be taken for dead because a backup, or somebody's own look
    into the database, keeps it locked: of them pictures would be deleted that they are making.
    """
    before = time.monotonic()
    try:
        shop.book.try_to_write()
    except StoreError:
        shop.pulses.forget()
        raise
    if time.monotonic() - before > _LOCKED_S:
        shop.pulses.forget()
    return shop.pulses.abandoned(shop.book.running())


def _give_back(shop: Workshop, job: Job) -> None:
    """Let a job wait again whose worker has died, unless it is to end instead.

    One whose analysis is on record has ended: its worker died before it said so. Of any other
    nothing is to be seen, and pictures of it may have been put in their place already.
    """
    if shop.history.several((job.id,)):
        shop.book.finish(job, "done")
        return
    if job.cancel:
        left = shop.book.finish(job, "cancelled")
    elif job.attempts >= ATTEMPTS:
        left = shop.book.give_up(job, _too_often())
    else:
        left = shop.book.give_back(job)
    if left:  # and not before: its worker may live, where only its word cannot be written
        with suppress(StoreError):  # what cannot be deleted now goes with the job
            delete_pictures(shop.folders, job.id, job.attempts)


def tidy(shop: Workshop) -> int:
    """Delete what nobody will ask for any more, and say how many."""
    return shop.vault.sweep() + expire(shop)


def expire(shop: Workshop) -> int:
    """Delete what the setting ``retention_days`` says is old enough, and say how many."""
    days = Settings(shop.history).get("retention_days")
    if not days:
        return 0
    return Desk(shop.history, shop.folders).expire(int(days), most=_EXPIRED_AT_ONCE)


def _safely(work: Callable[[], int]) -> int:
    """A database that is busy now, or a queue out of reach, may not be so soon: outlive it.

    And whatever else is wrong with one job or file: where this ended, all that run would be killed
    with it, begun anew and killed again, until each has failed.
    """
    try:
        return work()
    except StoreError as error:
        log.warning("%s", error)
    except Exception:
        log.exception("jobs could not be looked after")
    return 0


def _stop_on_signals(stopping: threading.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())


def _too_often() -> Failure:
    return Failure(
        code="crashed",
        message=f"{ATTEMPTS} workers died over this file",
        hint="the file may be damaged, or made to harm; 'unmask scan' shows more",
    )
