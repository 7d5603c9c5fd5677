"""Whether a request came the way that the server was started for: by its names, and directly."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final

from flask import request
from werkzeug.exceptions import SecurityError

from unmask.web.services import services

_HANDED_ON: Final = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
)


def check_address() -> None:
    """Refuse foreign names, and what a proxy has handed on where nobody is asked for a token.

    A page elsewhere has a name of its own lead here (DNS rebinding) and is the same site then. And
    behind a proxy that nobody told of, all the world would come from this very machine.
    """
    config = services().config
    if not _known(_name(request.host), config.hosts, open_to_all=not config.tokens_required):
        raise SecurityError(
            "This name is not one under which the app is served; unmask serve --host-name adds it."
        )
    if config.tokens_required or config.forwarded:
        return
    if any(name in request.headers for name in _HANDED_ON):
        raise SecurityError(
            "A proxy has handed this on, and the app was started for this machine alone; "
            "unmask serve --proxy ADDRESS lets it, and asks for a token."
        )


def _name(host: str) -> str:
    """Without the port, in small letters. (Werkzeug's own check knows no IPv6 addresses.)"""
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return name.lower()


def _known(name: str, hosts: tuple[str, ...], *, open_to_all: bool) -> bool:
    """Without ``hosts`` by any name; of one that serves all comers, by those alone that nobody
    elsewhere can have: addresses, this machine's own name, and names of the network around it.
    """
    if hosts or not open_to_all:
        return not hosts or name in hosts
    if "." not in name or name.endswith(".local") or _is_address(name):
        return True
    return name == socket.gethostname().lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
