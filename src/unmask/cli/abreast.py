"""Several inputs at a time, their outcomes in the order of the inputs."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from unmask.cli.inputs import Source
from unmask.cli.interrupts import Interrupts
from unmask.cli.outcome import Outcome
from unmask.cli.progress import ScanProgress
from unmask.cli.scanner import Scanner

_MOST_BY_ITSELF = 4
# Outcomes that wait for one before them: a slow film does not hold up the files after it, and a
# folder of thousands does not fill the memory.
_WAITING = 64
_PAUSE_S = 0.1  # until a Ctrl-C is noticed


def usual_jobs() -> int:
    """How many files are looked at side by side unless told otherwise: one for each core, to 4.

    One file keeps two cores busy most of the time; more than four get into one another's way.
    """
    return min(_MOST_BY_ITSELF, os.cpu_count() or 1)


def outcomes(
    scanner: Scanner,
    sources: Sequence[Source],
    progress: ScanProgress,
    interrupts: Interrupts,
    jobs: int,
) -> Generator[Outcome, None, None]:
    """One outcome for each source, also when the person interrupts: none goes missing.

    The files are scanned in ``jobs`` threads that share the networks. Close the iterator if it is
    not used up; however it ends, what is still at work is stopped. Raises as
    :meth:`Scanner.scan`, in the place of the input concerned.
    """

    def scan(number: int, source: Source) -> Outcome:
        with progress.watching(source.text) as watch:
            return scanner.scan(number, source, watch)

    def awaited(future: Future[Outcome]) -> Outcome:
        while True:
            if interrupts.made:
                scanner.stop.set()
            if wait([future], _PAUSE_S).done:
                return future.result()

    waiting: deque[Future[Outcome]] = deque()
    threads = max(1, min(jobs, len(sources)))
    with ThreadPoolExecutor(threads, thread_name_prefix="unmask-file") as pool:
        try:
            for number, source in enumerate(sources):
                waiting.append(pool.submit(scan, number, source))
                if len(waiting) >= jobs + _WAITING:
                    yield awaited(waiting.popleft())
            while waiting:
                yield awaited(waiting.popleft())
        finally:
            scanner.stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
