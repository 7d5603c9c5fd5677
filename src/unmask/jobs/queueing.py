"""Huey, which carries "a job waits" to a worker: in an SQLite file, or in Redis by URL.

A message names no job: whose turn it is, the book of jobs says when one is claimed. So none is
read, either. Huey would unpickle it, and who reaches a Redis could run anything on every worker.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from unmask.core.errors import StoreError
from unmask.core.extras import needing
from unmask.jobs.folders import Folders

_NAME = "unmask"
_TASK = "look_at"
_ANSWER_S = 5.0  # of Redis; longer than Huey has it wait for a message


class Queue:
    """The queue of a data folder, or the one that ``UNMASK_QUEUE`` (``redis://…``) names."""

    def __init__(self, folders: Folders, work: Callable[[], None] | None = None) -> None:
        self.huey = _huey(folders)
        # Its connection is closed with this object: Python 3.13 complains of any that is not.
        weakref.finalize(self, self.huey.storage.close)

        # Huey names a task after its module: one function here, for who puts and for who takes.
        def look() -> None:
            (work or _nobody)()

        self._task = self.huey.task(name=_TASK)(look)

    def put(self) -> None:
        """Have a worker take one job more. Raises :class:`StoreError`."""
        with _reached():
            self._task()

    def length(self) -> int:
        """How many messages wait. Raises :class:`StoreError`."""
        with _reached():
            return int(self.huey.pending_count())

    def consumer(self, workers: int) -> Any:
        """Huey's consumer with so many threads; each job has a process of its own anyway."""
        return self.huey.create_consumer(
            workers=workers, worker_type="thread", periodic=False, max_delay=0.5
        )


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # each storage has errors of its own, Redis's not even installed
        cause = " ".join(str(error).split())[:300] or type(error).__name__
        raise StoreError(
            f"the queue cannot be reached: {cause}", hint="check UNMASK_QUEUE and the server"
        ) from error


def _huey(folders: Folders) -> Any:
    with needing("web", "the queue of jobs"):
        from huey import RedisHuey, SqliteHuey
    url, settings = os.environ.get("UNMASK_QUEUE", ""), {"results": False, "serializer": _Unread()}
    if url:
        try:
            return RedisHuey(_NAME, connection_pool=_redis(url), **settings)
        except ImportError as error:
            raise StoreError(
                "UNMASK_QUEUE names a Redis, and its driver is not installed",
                hint='pip install "unmask[cluster]"',
            ) from error
        except ValueError as error:  # its words do not repeat the URL, which may hold a password
            raise StoreError(f"UNMASK_QUEUE is not a Redis URL: {error}") from error
    path = folders.queue
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return SqliteHuey(_NAME, filename=str(path), timeout=30, strict_fifo=True, **settings)


def _redis(url: str) -> Any:
    """Connections to the Redis there, which may be gone and say nothing. ValueError for no URL."""
    from redis import ConnectionPool

    patience = {"socket_timeout": _ANSWER_S, "socket_connect_timeout": _ANSWER_S}
    return ConnectionPool.from_url(url, **patience)


class _Unread:
    """What Huey writes as a message, and takes it for: whatever lies in the queue is a job more."""

    def serialize(self, message: object) -> bytes:
        return b"a job waits"

    def deserialize(self, message: bytes) -> Any:
        from huey.registry import Message

        return Message(id=None, name=f"{__name__}.{_TASK}")


def _nobody() -> None:
    raise AssertionError("a message was taken by a process that only fills the queue")
