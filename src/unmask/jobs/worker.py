"""``unmask worker``: takes jobs from the queue, and picks up those whose worker has died."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from unmask.core.errors import StoreError
from unmask.core.scan import Failure
from unmask.jobs.desk import Desk
from unmask.jobs.folders import Folders
from unmask.jobs.messenger import Messenger
from unmask.jobs.queueing import Queue
from unmask.jobs.running import Workshop
from unmask.store import History, Job, Settings

ATTEMPTS = 3
_SWEEP_S = 3.0
_TIDY_S = 600.0
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
    with History() as history:
        shop = Workshop(history, folders)
        queue = Queue(folders, shop.run)
        if with_parent:
            threading.Thread(target=_end_with_parent, args=[shop.stopping], daemon=True).start()
        messenger = Messenger(history, folders)
        threading.Thread(target=messenger.run, args=[shop.stopping], daemon=True).start()
        consumer = queue.consumer(workers)
        consumer.start()
        _stop_on_signals(shop.stopping)  # instead of Huey's handlers, which know no children
        ready()
        tidied = 0.0
        while not shop.stopping.wait(_SWEEP_S):
            _safely(lambda: sweep(shop, queue))
            if time.monotonic() - tidied > _TIDY_S or not tidied:
                tidied = time.monotonic()
                _safely(lambda: tidy(shop))
        consumer.stop(graceful=True)


def sweep(shop: Workshop, queue: Queue) -> int:
    """Put every job back into the queue that nobody works on and no message waits for.

    A message too many is harmless (see :meth:`JobBook.claim`), one too few is mended here. A job
    that has cost :data:`ATTEMPTS` workers their lives fails. Returns how many were put back.
    """
    waiting, count = queue.waiting(), 0
    for job in shop.book.unfinished():
        if job.state == "running":
            if not _abandoned(job):
                continue
            if job.cancel:
                shop.book.finish(job, "cancelled")
                continue
            if job.attempts >= ATTEMPTS:
                shop.book.give_up(job, _too_often())
                continue
            if not shop.book.give_back(job):
                continue
        elif job.id in waiting:
            continue
        queue.put(job.id)
        count += 1
    return count


def tidy(shop: Workshop) -> int:
    """Delete what nobody will ask for any more, and say how many."""
    return shop.vault.sweep() + expire(shop)


def expire(shop: Workshop) -> int:
    """Delete what the setting ``retention_days`` says is old enough, and say how many."""
    days = Settings(shop.history).get("retention_days")
    return Desk(shop.history, shop.folders).expire(int(days)) if days else 0


def _safely(work: Callable[[], int]) -> None:
    """A database that is busy now, or a queue out of reach, may not be so soon: outlive it."""
    try:
        work()
    except StoreError as error:
        log.warning("%s", error)


def _abandoned(job: Job) -> bool:
    if job.lease_until is None or job.lease_until < datetime.now(UTC):
        return True
    host, process, *_ = [*(job.worker or "").rsplit(":", 2), "", ""]
    return host == socket.gethostname() and process.isdigit() and not _alive(int(process))


def _alive(process: int) -> bool:
    if sys.platform == "win32":
        return True  # the lease will tell
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stop_on_signals(stopping: threading.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())


def _end_with_parent(stopping: threading.Event) -> None:
    while sys.stdin.buffer.read(1024):
        pass
    stopping.set()


def _too_often() -> Failure:
    return Failure(
        code="crashed",
        message=f"{ATTEMPTS} workers died over this file",
        hint="the file may be damaged, or made to harm; 'unmask scan' shows more",
    )
