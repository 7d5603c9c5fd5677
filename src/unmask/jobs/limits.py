"""What a child may use up: a hostile file can only fail its own job."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import ceil

from unmask.core.errors import UsageError

GIB = 2**30
_MOST = 10**9
_LAST_S = 10  # of processor time, for what does not end when told that its time is used up
# macOS speaks of no limit, and refuses more than one that it does not tell: never the second.
_DESCRIPTORS = (2**16, 10_240)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one analysis. ``memory`` is address space in bytes, of which networks map much
    that they never touch; times are seconds, ``file`` the largest file that may be written.
    """

    memory: int = 12 * GIB
    cpu_s: int = 3600
    wall_s: float = 1800.0
    file: int = 1 * GIB

    @classmethod
    def from_environment(cls) -> Limits:
        """``UNMASK_JOB_MEMORY`` (GiB), ``UNMASK_JOB_CPU`` and ``UNMASK_JOB_TIME`` (seconds).

        Raises :class:`UsageError` for what is no number above 0.
        """
        usual = cls()
        return cls(
            memory=int(_number("UNMASK_JOB_MEMORY", usual.memory / GIB) * GIB),
            cpu_s=ceil(_number("UNMASK_JOB_CPU", usual.cpu_s)),
            wall_s=_number("UNMASK_JOB_TIME", usual.wall_s),
        )

    @classmethod
    def of_arguments(cls, numbers: Sequence[str]) -> Limits:
        """Those that :meth:`as_arguments` has given to a child; the time its parent minds."""
        memory, cpu_s, file = map(int, numbers)
        return cls(memory=memory, cpu_s=cpu_s, file=file)

    def as_arguments(self) -> tuple[str, str, str]:
        """MEMORY CPU FILE, as a child is told them on its command line."""
        return str(self.memory), str(self.cpu_s), str(self.file)

    def apply(self) -> None:
        """To this process, for good.

        Windows has no such limits: there only the time is kept. macOS refuses any on memory.
        """
        if sys.platform != "win32":
            import resource

            limits = {
                # At the second number Linux kills at once, and nobody learns why.
                resource.RLIMIT_CPU: (self.cpu_s, self.cpu_s + _LAST_S),
                resource.RLIMIT_FSIZE: (self.file, self.file),
                resource.RLIMIT_CORE: (0, 0),
            }
            if sys.platform != "darwin":
                limits[resource.RLIMIT_AS] = (self.memory, self.memory)
            for what, limit in limits.items():
                _, hard = resource.getrlimit(what)
                most = max(limit) if hard == resource.RLIM_INFINITY else hard
                resource.setrlimit(what, (min(limit[0], most), min(limit[1], most)))


def raise_descriptors() -> None:
    """Let this process open as many files as it ever may.

    Many systems give 1024 unless asked. A connection takes one and the large body that it sends
    another, and each file of a form one until it is kept.
    """
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        for most in _DESCRIPTORS:
            wanted = most if hard == resource.RLIM_INFINITY else min(hard, most)
            if soft == resource.RLIM_INFINITY or soft >= wanted:
                return
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                return


def _number(name: str, usual: float) -> float:
    text = os.environ.get(name, "")
    try:
        number = float(text or usual)
    except ValueError:
        number = 0.0
    if not 0 < number < _MOST:  # neither is NaN
        raise UsageError(f"{name} must be a number above 0, not {text[:40]!r}")
    return number
