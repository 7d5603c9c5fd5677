"""A lack of memory while a film is opened is not laid at the film's door."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import av
import pytest

from unmask.core.deadline import Deadline
from unmask.core.errors import Damaged
from unmask.video import container

SHORT = """
import resource, sys
from pathlib import Path
from unmask.video import container
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, resource.RLIM_INFINITY))
print(container._has_room())
"""


def refused(monkeypatch: pytest.MonkeyPatch, path: Path, room: bool) -> None:
    def opened(*_args: object, **_options: object) -> None:
        raise av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(av, "open", opened)
    monkeypatch.setattr(container, "_has_room", lambda: room)
    with container.opened(path, Deadline.after(None)):
        pass


def test_who_is_to_blame_depends_on_whether_there_is_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"\0\0\0\x18ftypisom" + bytes(100))
    with pytest.raises(MemoryError, match=r"opening film\.mp4"):
        refused(monkeypatch, film, room=False)
    with pytest.raises(Damaged):
        refused(monkeypatch, film, room=True)


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux alone")
def test_what_is_left_of_a_limit_is_seen() -> None:
    found = subprocess.run(
        [sys.executable, "-c", SHORT], capture_output=True, text=True, timeout=60, check=True
    )
    assert found.stdout == "False\n"
    assert container._has_room()
