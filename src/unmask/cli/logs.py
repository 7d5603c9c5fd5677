"""What server and worker say on standard error, for people or for programs."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from typing import Literal

import click

Log = Literal["warnings", "jobs", "json"]

option = click.option(
    "--log",
    type=click.Choice(["warnings", "jobs", "json"]),
    default="warnings",
    show_default=True,
    help="What is told on standard error: warnings, a line for each job as well, or both as JSON.",
)

_AGAIN_S = 60.0
_QUEUE = "huey.consumer"
_TEXT = "%(asctime)s %(name)s: %(message)s"
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def set_up(log: Log) -> None:
    """Have everything that is logged told so."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log == "json" else logging.Formatter(_TEXT))
    handler.addFilter(in_words)
    handler.addFilter(Seldom())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    if log != "warnings":
        logging.getLogger("unmask").setLevel(logging.INFO)


def announce(text: str, log: Log) -> None:
    """Say something that is no warning: who reads lines of JSON gets no other ones."""
    if log == "json":
        logging.getLogger("unmask").info(text)
    else:
        click.echo(f"unmask: {text}", err=True)


def in_words(record: logging.LogRecord) -> bool:
    """A filter that passes all, and says of a queue out of reach what it says of a database so.

    Huey adds the way through its driver, forty lines of each worker whenever Redis is restarted.
    """
    error = record.exc_info[1] if record.exc_info else None
    if record.name.startswith(_QUEUE) and type(error).__module__.startswith("redis."):
        record.msg, record.args = f"the queue cannot be reached: {error}", ()
        record.exc_info = record.exc_text = None
    return True


class JsonLines(logging.Formatter):
    """One object a line: time, level, logger and message, and whatever the record has besides."""

    def format(self, record: logging.LogRecord) -> str:
        """See the base class."""
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        said |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        return json.dumps(said, default=str)


class Seldom(logging.Filter):
    """Lets the same warning pass once a minute: on a full disk some come twice a second, and what
    they are written to may be that disk.
    """

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[tuple[str, ...], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See the base class."""
        if record.levelno < logging.WARNING:
            return True
        now = time.monotonic()
        self._passed = {what: at for what, at in self._passed.items() if now - at < _AGAIN_S}
        cause = repr(record.exc_info[1]) if record.exc_info else ""
        what = (record.name, record.getMessage(), cause)
        if what in self._passed:
            return False
        self._passed[what] = now
        return True
