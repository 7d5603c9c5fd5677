"""Which running jobs nobody works on any more."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from unmask.store import Job


@dataclass(slots=True)
class Pulses:
    """What this process has seen of the signs of life that workers give.

    A worker renews the lease of its job all the time. Whether that has stopped is told by this
    process's own stopwatch and never by the time that is written in the lease: the clocks of two
    machines may lie further apart than a lease is long, and each would take the other for dead.
    Only what was watched counts: while the database is away, locked or the disk full, nobody asks
    here, and no worker can say that it lives.
    """

    lease_s: float
    now: Callable[[], float] = time.monotonic
    _asked: float | None = None
    _seen: dict[str, tuple[object, float]] = field(default_factory=dict)

    def abandoned(self, running: Iterable[Job]) -> list[Job]:
        """Those whose worker has died in this very place, or given no sign for a whole lease.

        To be asked again and again, with all that run: what is seen first has just lived.
        """
        now, jobs = self.now(), list(running)
        watched = self._asked is not None and now - self._asked < self.lease_s
        before = self._seen if watched else {}
        self._asked, self._seen = now, {}
        for job in jobs:
            sign = (job.attempts, job.lease_until)
            seen, since = before.get(job.id, (sign, now))
            self._seen[job.id] = (sign, since if seen == sign else now)
        return [job for job in jobs if self._silent(job, now) or _died_here(job)]

    def forget(self) -> None:
        """Nobody could give a sign just now: what was seen until then counts no more."""
        self._asked = None

    def _silent(self, job: Job, now: float) -> bool:
        return job.lease_until is None or now - self._seen[job.id][1] >= self.lease_s


def here() -> str:
    """The host and, of containers that share its name, which: numbers of processes are of one."""
    space = 0
    with suppress(OSError):  # not Linux
        space = Path("/proc/self/ns/pid").stat().st_ino
    return f"{socket.gethostname()}/{space}"


def _died_here(job: Job) -> bool:
    where, process, *_ = [*(job.worker or "").rsplit(":", 2), "", ""]
    return where == here() and process.isdigit() and not _alive(int(process))


def _alive(process: int) -> bool:
    if sys.platform != "win32":  # there this would end it: silence will tell
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
    return True
