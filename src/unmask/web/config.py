"""What the web app can be told from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from unmask.jobs.folders import Folders

GIB = 2**30


@dataclass(frozen=True, slots=True)
class WebConfig:
    """How the app is to run.

    ``models`` are names or folders of model packages, the first being the default; empty takes
    what is shipped. ``max_upload`` is in bytes for one request. ``tokens_required`` asks for a
    token on every page and call; without it only requests from this very site are served.
    ``hosts`` are the names under which the app may be addressed: others are refused, so that a
    foreign page cannot reach it under a name of its own (DNS rebinding). Empty takes every name
    where tokens are required, else those that nobody elsewhere can have. ``forwarded`` serves what
    a proxy hands on without asking for a token. ``database`` None is the usual one:
    ``UNMASK_DATABASE``, else the data folder's.
    """

    folders: Folders = field(default_factory=Folders.default)
    database: str | Path | None = None
    models: tuple[str, ...] = ()
    max_upload: int = 4 * GIB
    tokens_required: bool = False
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    forwarded: bool = False
    secure_cookies: bool = False
    secret_key: bytes | None = None
    rate_limit: str = "600 per minute"
    testing: bool = False
