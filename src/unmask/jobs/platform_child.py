"""One page of a video platform, from which yt-dlp takes the film, in a process under guard.

    python -m unmask.jobs.platform_child  < order  > answer

The film is written into the folder that the order names; its file name, or why there is none, is
said as JSON on standard output.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from unmask.core.analysis import Record
from unmask.jobs.guard import Place, guard_this_process
from unmask.jobs.limits import GIB, Limits
from unmask.jobs.streams import own_stdout

_MEMORY = 4 * GIB
_CPU_S = 600
_STEM = "film"


class PlatformOrder(Record):
    """Take the film of ``url``, at most ``limit`` bytes, within ``seconds``, into ``folder``.

    ``reserve`` bytes of the disk are left free.
    """

    url: str
    folder: str
    limit: int
    seconds: float
    reserve: int = 0
    also: tuple[Place, ...] = ()


class PlatformAnswer(Record):
    """``file`` in the folder and the film's ``title``, or the ``problem``."""

    file: str = ""
    title: str = ""
    problem: str = ""
    too_large: bool = False
    no_room: bool = False


def main() -> None:
    """Read the order, fetch, answer."""
    order = PlatformOrder.model_validate_json(sys.stdin.buffer.read())
    answers = own_stdout()
    Limits(memory=_MEMORY, cpu_s=_CPU_S, file=order.limit + 2**20).apply()
    answers.write(_fetch(order).model_dump_json().encode())
    answers.flush()


def _fetch(order: PlatformOrder) -> PlatformAnswer:
    sys.modules["curl_cffi"] = None  # type: ignore[assignment] # sockets of its own, in C
    from yt_dlp import YoutubeDL
    from yt_dlp.utils import YoutubeDLError

    guard_this_process(order.also)
    try:
        with YoutubeDL(_options(order)) as tool:
            told = tool.extract_info(order.url, download=True)
    except _TooLarge:
        return PlatformAnswer(too_large=True)
    except _NoRoom:
        return PlatformAnswer(no_room=True)
    except (YoutubeDLError, OSError) as error:
        return PlatformAnswer(problem=_plain(str(error)))
    found = [one for one in Path(order.folder).glob(f"{_STEM}.*") if one.suffix != ".part"]
    if len(found) != 1:
        return PlatformAnswer(problem="the page has no film that can be fetched")
    title = str((told or {}).get("title") or "")
    return PlatformAnswer(file=found[0].name, title=title[:200])


def _options(order: PlatformOrder) -> dict[str, Any]:
    """One film, one file, picture alone where the platform parts it from the sound; no tools."""
    until = time.monotonic() + order.seconds

    def watch(progress: dict[str, Any]) -> None:
        known = progress.get("total_bytes") or progress.get("total_bytes_estimate") or 0
        if max(known, progress.get("downloaded_bytes") or 0) > order.limit:
            raise _TooLarge
        if shutil.disk_usage(order.folder).free < order.reserve:
            raise _NoRoom
        if time.monotonic() > until:
            raise TimeoutError(f"the film took longer than {order.seconds:g} s to come")

    return {
        "format": "bv*[height<=1080]/bv*/b",
        "outtmpl": {"default": str(Path(order.folder) / f"{_STEM}.%(ext)s")},
        "noplaylist": True,
        "playlist_items": "1",
        "max_filesize": order.limit,
        "progress_hooks": [watch],
        "socket_timeout": 15,
        "retries": 2,
        "fragment_retries": 2,
        "proxy": "",
        "cachedir": False,
        "fixup": "never",
        "hls_prefer_native": True,
        "external_downloader": {"default": "native"},
        "ffmpeg_location": os.devnull,
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "color": "never",
        "updatetime": False,
    }


class _TooLarge(Exception):
    """More than may be fetched."""


class _NoRoom(Exception):
    """More than the disk is to take."""


def _plain(problem: str) -> str:
    """One line, without what yt-dlp says of itself."""
    line = " ".join(problem.removeprefix("ERROR: ").split("; please report")[0].split())
    return json.dumps(line, ensure_ascii=False)[1:-1][:300]


if __name__ == "__main__":
    main()
