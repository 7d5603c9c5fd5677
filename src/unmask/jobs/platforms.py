"""Films of pages that show one, by yt-dlp. Extra ``links``."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pydantic import ValidationError

from unmask.core.errors import MissingExtra
from unmask.jobs.guard import Place
from unmask.jobs.outward import LinkRefused
from unmask.jobs.platform_child import PlatformAnswer, PlatformOrder
from unmask.jobs.room import no_room, reserve
from unmask.jobs.vault import Incoming, TooManyBytes, Vault

_WHOLE_S = 600.0
_GRACE_S = 30.0  # to start, and to say that it took too long
_PIECE = 2**20
_KEPT = ("PATH", "LANG", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR")


def fetch_film(
    url: str, vault: Vault, limit: int, *, also: tuple[Place, ...] = ()
) -> tuple[Incoming, str]:
    """The film that the page at ``url`` shows, at most ``limit`` bytes, and a name for it.

    It is fetched by a process that can connect to the public internet only, wherever the page may
    lead; ``also`` are further places, which only tests name. Raises :class:`MissingExtra` without
    yt-dlp, :class:`LinkRefused`, :class:`TooManyBytes` and :class:`DiskFull`.
    """
    if importlib.util.find_spec("yt_dlp") is None:
        raise MissingExtra.named("links", "a link to a page rather than to a file")
    with tempfile.TemporaryDirectory(dir=vault.folders.incoming) as folder:
        order = PlatformOrder(
            url=url, folder=folder, limit=limit, seconds=_WHOLE_S, reserve=reserve(), also=also
        )
        answer = _ask(order)
        if answer.no_room:
            raise no_room()
        if answer.too_large:
            raise TooManyBytes(limit)
        if answer.problem:
            raise LinkRefused(f"no film could be had of this page: {answer.problem}")
        film = Path(folder) / answer.file
        return _received(film, vault, limit), (answer.title or film.stem) + film.suffix


def _ask(order: PlatformOrder) -> PlatformAnswer:
    command = [sys.executable, "-m", "unmask.jobs.platform_child"]
    try:
        done = subprocess.run(
            command,
            input=order.model_dump_json().encode(),
            capture_output=True,
            timeout=order.seconds + _GRACE_S,
            check=False,
            cwd=order.folder,
            env=_environment(order.folder),
        )
    except subprocess.TimeoutExpired as error:
        raise LinkRefused(f"the film took longer than {order.seconds:g} s to come") from error
    try:
        return PlatformAnswer.model_validate_json(done.stdout)
    except ValidationError as error:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise LinkRefused(f"the page could not be read: {' '.join(last)[:300]}") from error


def _environment(folder: str) -> dict[str, str]:
    """No proxy, no plug-ins, no settings or cookies of the person who runs the server."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"HOME": folder, "XDG_CONFIG_HOME": folder, "YTDLP_NO_PLUGINS": "1"}


def _received(film: Path, vault: Vault, limit: int) -> Incoming:
    incoming = vault.receive(limit)
    try:
        with film.open("rb") as file:
            while piece := file.read(_PIECE):
                incoming.write(piece)
    except BaseException:
        incoming.discard()
        raise
    return incoming
