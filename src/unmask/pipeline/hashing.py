"""A file's hash, computed beside what else is done with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from unmask.core.deadline import Deadline
from unmask.pipeline.timing import StageClock
from unmask.video import FileFacts, changed_while_read, glance, read_facts

# What takes less than a twentieth of a second is not worth a thread and its heap.
_AT_ONCE = 64 * 2**20
_PAUSE_S = 0.1  # until a deadline is noticed


@dataclass(frozen=True, slots=True)
class Hashed:
    """``facts`` to probe with, their hash perhaps still to come; ``sha256`` waits for it.

    Until a deadline, raising as :func:`unmask.video.read_facts`.
    """

    facts: FileFacts
    sha256: Callable[[Deadline], str]


@contextmanager
def hashed_beside(
    path: Path, facts: FileFacts | None, deadline: Deadline, clock: StageClock
) -> Iterator[Hashed]:
    """The hash of the file: of ``facts`` if they still hold, else begun now and done by the end.

    Reading goes on when ``deadline`` has passed, for it may be moved while the file waits for
    others; who asks for the hash minds it, and the end of the block ends the reading.

    What was done in the block was done with the file that was hashed: if it is another one by its
    end, :class:`InputNotReadable` takes the place of any result.
    """
    if facts is None or not facts.hold(path):
        facts = glance(path)
        if facts.size > _AT_ONCE:
            with _thread(path, facts, clock) as awaited:
                yield Hashed(facts, awaited)
            facts.check(path)
            return
        with clock.stage("hash"):
            facts = read_facts(path, deadline)
    known = facts.sha256
    yield Hashed(facts, lambda _: known)
    facts.check(path)


@contextmanager
def _thread(path: Path, facts: FileFacts, clock: StageClock) -> Iterator[Callable[[Deadline], str]]:
    stop = threading.Event()

    def read() -> FileFacts:
        with clock.stage("hash"):
            return read_facts(path, Deadline.after(None).until(stop))

    with ThreadPoolExecutor(1, thread_name_prefix="unmask-hash") as pool:
        reading = pool.submit(read)

        def awaited(deadline: Deadline) -> str:
            while not wait([reading], _PAUSE_S).done:
                deadline.check(f"reading {path.name}")
            found = reading.result()
            if found.state != facts.state:
                raise changed_while_read(path)
            return found.sha256

        try:
            yield awaited
        finally:
            stop.set()
