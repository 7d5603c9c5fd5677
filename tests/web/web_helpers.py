"""What tests of the web app share besides fixtures."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from unmask.web.services import KEY, Services


def services_of(app: Flask) -> Services:
    found: Services = app.extensions[KEY]
    return found


def token_in(page: str) -> str:
    """The token of the page's forms."""
    match = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert match
    return match[1]


@contextmanager
def served(server: Any) -> Iterator[int]:
    """A server of waitress at work; its port. Its loop closes its sockets, for it watches them."""
    from waitress.wasyncore import close_all

    def stop() -> None:
        for channel in list(server.active_channels.values()):
            channel.handle_close()  # and the files that it was sending
        close_all(server._map)

    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.effective_port
    finally:
        server.task_dispatcher.shutdown()  # who has answered still wakes the loop
        server.trigger.pull_trigger(stop)
        thread.join(timeout=10)
        assert not thread.is_alive()
