"""How a process ended, for people: a number says nothing, and what to do depends on it."""

from __future__ import annotations

import signal

_ASKED = frozenset({"SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"})


def signal_of(code: int) -> str:
    """The name of the signal that ended it, such as SIGSEGV; "" where none did, as on Windows."""
    try:
        return signal.Signals(-code).name if code < 0 else ""
    except ValueError:
        return f"signal {-code}"


def was_killed(code: int) -> bool:
    """Whether somebody ended it: nearly always the system, which had no memory left."""
    return signal_of(code) in _ASKED


def in_words(code: int) -> str:
    """What it did, to come after the name of what it was."""
    name = signal_of(code)
    if was_killed(code):
        return f"was killed ({name}), most often because the machine ran out of memory"
    return f"crashed ({name})" if name else f"ended with exit code {code}"
