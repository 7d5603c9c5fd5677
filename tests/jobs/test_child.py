"""What a job's process answers about a file that cannot be analysed."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest

from unmask.jobs import JobOptions
from unmask.jobs.child import Speaker, answer
from unmask.jobs.messages import Failed, Order


def order_of(kept: Path, options: JobOptions, folder: Path) -> Order:
    return Order(
        path=str(kept),
        name="Frau Müller.mp4",
        folder=str(folder),
        model_sha256=options.analyser().model.sha256,
        options=options,
    )


def test_a_failure_names_the_file_as_it_was_uploaded(options: JobOptions, tmp_path: Path) -> None:
    kept = tmp_path / "9e" / "9e01"
    kept.parent.mkdir()
    kept.write_bytes(b"neither film nor picture" * 40)
    said = answer(order_of(kept, options, tmp_path), Speaker(io.BytesIO()))
    assert isinstance(said, Failed)
    assert said.error.message.startswith("Frau Müller.mp4: ")
    assert str(tmp_path) not in said.model_dump_json()
    assert "9e01" not in said.model_dump_json()


def test_a_disk_that_is_full_is_no_flaw_of_the_file_or_of_unmask(
    options: JobOptions, tmp_path: Path, portrait: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("unmask.jobs.child.write_pictures", full)
    said = answer(order_of(portrait, options, tmp_path), Speaker(io.BytesIO()))
    assert isinstance(said, Failed)
    assert said.error.code == "disk-full"
