"""What a process that works for the web may still do, once it has put itself under guard.

The guard is an audit hook: Python asks it before every connection and before every process that
is started, and it cannot be taken away again. It sees the very address that is connected to, so
that names which point elsewhere a moment later, redirects and whatever else a page leads to are
all the same to it. Code in C that opens sockets by itself is out of its reach: what could load
such code is refused too.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import Any, NoReturn

from unmask.jobs.outward import public

Place = tuple[str, int]

_PORTS = (80, 443)
_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_NEVER = frozenset(
    {
        "ctypes.dlopen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn",
        "os.startfile", "os.system", "pty.spawn", "socket.bind", "subprocess.Popen",
    }
)  # fmt: skip


class Guarded(PermissionError):
    """What was tried is not allowed here."""


def guard_this_process(also: Collection[Place] = ()) -> None:
    """From now on only public addresses at the usual ports of web sites, and no processes.

    ``also`` are places that may be connected to nevertheless, as tests need them.
    """
    allowed = frozenset(also)

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event in _NEVER:
            _refuse(event)
        if event in _CONNECTING:
            _check(given[1], allowed)

    sys.addaudithook(hook)


def _check(address: object, allowed: frozenset[Place]) -> None:
    """Anything but an address of the public internet is refused, also what is not understood."""
    match address:
        case (str(host), int(port), *_):
            if (host, port) not in allowed and not (port in _PORTS and public(host)):
                _refuse(f"a connection to {host}, port {port},")
        case _:
            _refuse("a connection to what is no internet address")


def _refuse(what: str) -> NoReturn:
    raise Guarded(f"{what} is not allowed here: only the public internet is")
