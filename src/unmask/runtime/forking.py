"""What a forked child may go on using of what its parent had begun."""

from __future__ import annotations

import os
import sys
from weakref import WeakSet

from unmask.core.errors import RuntimeUnavailable


class Heirs:
    """The graphs of this process that OpenVINO keeps threads for.

    OpenVINO gives the threads of a graph that was freed to the next one. A forked child has its
    parent's graphs without their threads, and would wait for them for ever: so it never frees any,
    and where the parent had freed some already, it says that it cannot begin.
    """

    def __init__(self) -> None:
        self._alive: WeakSet[object] = WeakSet()
        self._made = 0
        self._inherited: list[object] = []
        self._freed_by_parent = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._inherit)

    def add(self, graph: object) -> None:
        """``graph`` was loaded in this process."""
        self._alive.add(graph)
        self._made += 1

    def check(self) -> None:
        """:class:`RuntimeUnavailable` where loading a graph could wait for ever."""
        if self._freed_by_parent:
            raise RuntimeUnavailable(
                "OpenVINO had run in the process that this one was forked from",
                hint='start worker processes with multiprocessing.get_context("spawn"), or before '
                "the first analysis",
            )

    def _inherit(self) -> None:
        self._inherited = list(self._alive)  # those of a grandparent among them
        self._freed_by_parent |= len(self._inherited) < self._made
        self._made = len(self._inherited)
        if (cv2 := sys.modules.get("cv2")) is not None:
            cv2.setNumThreads(0)  # its threads stayed with the parent, too


HEIRS = Heirs()
