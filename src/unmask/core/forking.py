"""What a process is forked with while several of its threads are at work."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol


class Lock(Protocol):
    """One of ``threading``'s."""

    def acquire(self) -> bool:
        """Wait for it."""
        ...

    def release(self) -> None:
        """Let the next in."""
        ...


def no_fork_within(lock: Lock) -> None:
    """Let a fork wait for whoever holds ``lock``: only for what is held briefly, and by itself.

    A child has the locks of its parent's threads and none of these threads: it would wait for one
    that was held for ever, and find half done what was done under it. Two that are held together
    would have to be taken in one order, here as there.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )


def in_each_child(begin_anew: Callable[[], object]) -> None:
    """Have a forked child call this before anything else, in the only thread that it has."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=begin_anew)
