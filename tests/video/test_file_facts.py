"""By what a file is known to be the one that was read."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from unmask.core.deadline import Deadline
from unmask.core.errors import InputNotReadable
from unmask.video.files import UNHASHED, FileFacts, glance, read_facts

CONTENT = bytes(range(256)) * 40  # longer than a head


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "clip.mp4"
    made.write_bytes(CONTENT)
    return made


def read(path: Path) -> FileFacts:
    return read_facts(path, Deadline.after(None))


def test_what_is_read_of_a_file(path: Path) -> None:
    found, seen = read(path), glance(path)
    assert found.sha256 == sha256(CONTENT).hexdigest()
    assert seen.sha256 == UNHASHED
    assert found.head == seen.head == CONTENT[:4096]
    assert found.size == seen.size == len(CONTENT)
    assert found.state == seen.state
    assert found.hold(path)
    found.check(path)


def test_overwritten_in_its_place_it_is_another(path: Path) -> None:
    """As large as before, and under the same number on its disk."""
    facts = read(path)
    os.utime(path, ns=(0, facts.changed_ns + 1))
    assert not facts.hold(path)
    with pytest.raises(InputNotReadable, match=r"clip\.mp4: changed while it was read"):
        facts.check(path)


def test_with_a_byte_more_it_is_another_however_old_it_claims_to_be(path: Path) -> None:
    facts = read(path)
    path.write_bytes(CONTENT + b"x")
    os.utime(path, ns=(0, facts.changed_ns))
    assert not facts.hold(path)


def test_as_large_and_as_old_in_its_place_it_is_another(path: Path, tmp_path: Path) -> None:
    facts, other = read(path), tmp_path / "other.mp4"
    other.write_bytes(CONTENT)
    os.utime(other, ns=(0, facts.changed_ns))
    other.replace(path)
    assert not facts.hold(path)


def test_what_is_gone_holds_no_more(path: Path) -> None:
    facts = read(path)
    path.unlink()
    assert not facts.hold(path)
