"""Large files are hashed beside the rest, and nothing about the answer or the errors changes."""

from __future__ import annotations

import os
import threading
from hashlib import sha256
from pathlib import Path

import pytest
from films import film, panning

from unmask.core.deadline import Deadline
from unmask.core.errors import InputEmpty, InputNotFound, InputNotReadable, TimeBudgetExceeded
from unmask.pipeline import Analyser, hashing
from unmask.pipeline.timing import StageClock
from unmask.video import read_facts

NEVER = Deadline.after(None)


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_AT_ONCE", 0)


@pytest.mark.usefixtures("everything_is_large")
def test_the_document_is_the_same(analyser: Analyser, tmp_path: Path) -> None:
    panned = film(tmp_path / "pan.mp4", panning(), frames=40)
    analysis = analyser.analyse(panned)
    assert analysis.media.sha256 == sha256(panned.read_bytes()).hexdigest()
    known = analyser.analyse(panned, facts=read_facts(panned, NEVER))
    assert analysis.timings_s.keys() - known.timings_s.keys() == {"hash"}
    assert analysis.model_copy(update={"timings_s": {}}) == known.model_copy(
        update={"timings_s": {}}
    )


@pytest.mark.usefixtures("everything_is_large")
def test_it_runs_while_the_block_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"some")
    inside = threading.Event()

    def slow(path: Path, deadline: Deadline) -> object:
        assert inside.wait(10)
        return read_facts(path, deadline)

    monkeypatch.setattr(hashing, "read_facts", slow)
    with hashing.hashed_beside(path, None, NEVER, StageClock()) as hashed:
        assert hashed.facts.head == b"some"
        with pytest.raises(TimeBudgetExceeded, match="while reading a"):
            hashed.sha256(Deadline.after(0.01))
        inside.set()
        assert hashed.sha256(NEVER) == sha256(b"some").hexdigest()


@pytest.mark.usefixtures("everything_is_large")
def test_whatever_ends_the_block_ends_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"some")

    def endless(path: Path, deadline: Deadline) -> None:
        while True:
            deadline.check("reading")

    monkeypatch.setattr(hashing, "read_facts", endless)
    with (
        pytest.raises(ZeroDivisionError),
        hashing.hashed_beside(path, None, NEVER, StageClock()),
    ):
        _ = 1 / 0
    assert not any(thread.name.startswith("unmask-hash") for thread in threading.enumerate())


@pytest.mark.usefixtures("everything_is_large")
def test_what_cannot_be_read_is_told_before(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for name, error in (("empty", InputEmpty), ("absent", InputNotFound)):
        with (
            pytest.raises(error),
            hashing.hashed_beside(tmp_path / name, None, NEVER, StageClock()),
        ):
            pass


@pytest.mark.parametrize("at_once", [2**26, 0], ids=["small", "large"])
@pytest.mark.parametrize("stage", ["open", "look"])
@pytest.mark.parametrize("how", ["replaced", "appended", "removed"])
def test_no_verdict_on_a_file_that_changed_meanwhile(
    analyser: Analyser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
    stage: str,
    how: str,
) -> None:
    """One file's verdict under another's hash would be found again by whoever asks for that."""
    monkeypatch.setattr(hashing, "_AT_ONCE", at_once)
    path = film(tmp_path / "pan.mp4", panning(), frames=40)
    other = tmp_path / "other.mp4"
    other.write_bytes(path.read_bytes())  # as large, and as old
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    changed = False

    def change(at: str, done: int, _total: int, /) -> None:
        nonlocal changed
        if at != stage or changed:
            return
        changed = True
        if how == "replaced":
            other.replace(path)
        elif how == "appended":
            with path.open("ab") as stream:
                stream.write(b"more")
        else:
            path.unlink()

    with pytest.raises((InputNotReadable, InputNotFound), match=r"pan\.mp4: (changed|no such)"):
        analyser.analyse(path, progress=change)
    assert changed


def test_a_file_that_grows_has_no_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "growing.ts"
    path.write_bytes(b"some")
    check = Deadline.check

    def grow(self: Deadline, doing: str) -> None:
        with path.open("ab") as stream:
            stream.write(b"more")
        monkeypatch.setattr(Deadline, "check", check)

    monkeypatch.setattr(Deadline, "check", grow)
    with pytest.raises(InputNotReadable, match="changed while it was read") as caught:
        read_facts(path, NEVER)
    assert "written to its end" in caught.value.hint
