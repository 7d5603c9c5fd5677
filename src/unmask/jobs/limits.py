"""What a child may use up: a hostile file can only fail its own job."""

from __future__ import annotations

import math
import os
import sys
from dataclasses import dataclass

from unmask.core.errors import UsageError

GIB = 2**30


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
        """``UNMASK_JOB_MEMORY`` (GiB), ``UNMASK_JOB_CPU`` and ``UNMASK_JOB_TIME`` (seconds)."""
        usual = cls()
        return cls(
            memory=int(_amount("UNMASK_JOB_MEMORY", usual.memory / GIB) * GIB),
            cpu_s=math.ceil(_amount("UNMASK_JOB_CPU", usual.cpu_s)),
            wall_s=_amount("UNMASK_JOB_TIME", usual.wall_s),
        )

    def apply(self) -> None:
        """To this process, for good. Windows has no such limits: there only the time is kept."""
        if sys.platform == "win32":
            return
        import resource

        for what, limit in (
            (resource.RLIMIT_AS, self.memory),
            (resource.RLIMIT_CPU, self.cpu_s),
            (resource.RLIMIT_FSIZE, self.file),
            (resource.RLIMIT_CORE, 0),
        ):
            _, hard = resource.getrlimit(what)
            allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            resource.setrlimit(what, (allowed, allowed))


def _amount(name: str, usual: float) -> float:
    """The variable's, or the usual one where it is empty. :class:`UsageError` if it limits none."""
    said = os.environ.get(name)
    if not said:
        return usual
    try:
        amount = float(said)
    except ValueError:
        amount = math.nan
    if not 0 < amount < math.inf:
        raise UsageError(f"{name} is {said!r}, not a number above 0", hint="correct or unset it")
    return amount
