"""Waitress, taught to refuse a body that is too large so that who sends it hears why.

By itself it answers such a request in words of its own and hangs up while the body is still
coming: the sender then sees a broken connection, and no answer. Here the application answers, as
it answers everything, before the body has come, and what comes of it until the sender has heard
that is read and thrown away.

A body is kept on the disk until it is whole, and only then the application looks who sends it. So
that strangers can neither fill the disk nor use up the files that a process may have open, who has
no token is asked for one before that, too.
"""

from __future__ import annotations

import copy
import json
import logging
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error, RequestEntityTooLarge

from unmask.core.errors import DiskFull, StoreError
from unmask.jobs.vault import explained

_LINGER_S = 30.0
_STRANGERS = 2**17  # bytes, of which signing in takes some hundred; they stay in memory
_LARGE = 2**20  # bytes, for which there has to be room
_COPIES = 2  # the body as it came, and the file in it, until that is whole

log = logging.getLogger("unmask.web")
MaySend = Callable[[Mapping[str, str]], bool]
CheckRoom = Callable[[int], None]


def answer_the_refused(
    servers: dict[int, Any],
    may_send: MaySend = lambda headers: True,
    check_room: CheckRoom = lambda coming: None,
) -> None:
    """Have these servers (the map that ``create_server`` fills) do so.

    ``may_send`` says by the headers of a request, their names in capitals with ``_``, whether more
    than a form is taken of who sends it. ``check_room`` raises :class:`DiskFull` where so many
    bytes more are not to be put on the disk; of a form it is not asked, so that things can be
    deleted.
    """
    for server in servers.values():
        if hasattr(server, "channel_class"):
            server.channel_class = Channel
            server.may_send, server.check_room = may_send, check_room


class NoPlace(Error):  # type: ignore[misc]
    """The answer where a body can be kept nowhere, in the form of :mod:`unmask.web.problems`.

    Strangers hear no more than that there is no room: the rest may name folders of the server's.
    """

    def __init__(self, error: StoreError) -> None:
        detail, hint = error.message, error.hint
        self.code, self.reason = 507, "Insufficient Storage"
        if not isinstance(error, DiskFull):
            log.warning("%s", error)
            detail, hint = "The server cannot keep files now.", "Its log says why."
            self.code, self.reason = 503, "Service Unavailable"
        super().__init__(detail)
        self._said = {"detail": detail, "code": error.code, "hint": hint}

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status, headers, body."""
        body = {"title": self.reason, "status": self.code} | self._said
        kind = [("Content-Type", "application/problem+json")]
        return f"{self.code} {self.reason}", kind, json.dumps(body).encode()


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Ends a request where its body becomes too much, and says so by ``refuse``."""

    adj: Any
    error: Any

    def __init__(
        self, adj: Any, refuse: Callable[[], None], may_send: MaySend, check_room: CheckRoom
    ) -> None:
        super().__init__(adj)
        self._refuse = refuse
        self._may_send = may_send
        self._check_room = check_room

    def parse_header(self, header_plus: bytes) -> None:
        """See the base class. The limits for the body are looked at here."""
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            # A proxy that goes by the length would take for a body what here is the next request,
            # and whoever sent it would speak over a line that others share.
            raise ParsingError("Content-Length and Transfer-Encoding contradict each other")
        if self.content_length >= _LARGE:
            self._check_room(_COPIES * self.content_length)
        if (self.chunked or self.content_length >= _STRANGERS) and not self._may_send(self.headers):
            self.adj = copy.copy(self.adj)
            self.adj.max_request_body_size = _STRANGERS

    def received(self, data: bytes) -> int:
        """See the base class."""
        try:
            if self.body_bytes_received >= _LARGE:  # others send at the same time
                self._check_room(len(data))
            with explained():
                consumed: int = super().received(data)
        except StoreError as error:
            self.error, self.completed = NoPlace(error), True
        if not isinstance(self.error, (RequestEntityTooLarge, NoPlace)):
            return consumed
        if isinstance(self.error, RequestEntityTooLarge):  # the application sees that, too
            self.error = None
            self._state_size()
        self.expect_continue = False
        self.headers["CONNECTION"] = "close"
        self._refuse()
        return len(data)

    def close(self) -> None:
        """See the base class. Closing writes what is left, for which there may be no room."""
        with suppress(OSError):
            super().close()

    def _state_size(self) -> None:
        """Let the size be known where the body is not, as of one that came in chunks."""
        self.headers["CONTENT_LENGTH"] = str(max(self.content_length, self.body_bytes_received))


class Channel(HTTPChannel):  # type: ignore[misc]
    """Reads on for a while after it has refused: to hang up at once would cancel the answer."""

    will_close: bool
    _refused = False
    _until = 0.0

    def parser_class(self, adj: Any) -> Parser:
        """The parser of the next request."""
        return Parser(adj, self._refuse, self.server.may_send, self.server.check_room)

    def handle_close(self) -> None:
        """See the base class."""
        if self.will_close and self._refused and not self._until:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
                self._until = time.monotonic() + _LINGER_S
                self.will_close = False
                return
        super().handle_close()

    def handle_read(self) -> None:
        """See the base class."""
        if not self._until:
            super().handle_read()
        elif time.monotonic() > self._until:
            self.handle_close()
        else:
            with suppress(OSError):
                self.recv(self.adj.recv_bytes)

    def _refuse(self) -> None:
        self._refused = True
