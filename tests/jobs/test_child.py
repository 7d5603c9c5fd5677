"""What a job's process answers about a file that cannot be analysed."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from unmask.jobs import JobOptions
from unmask.jobs.child import Speaker, answer
from unmask.jobs.limits import Limits
from unmask.jobs.messages import Failed, Finished, Order


def order_of(kept: Path, options: JobOptions, folder: Path) -> Order:
    return Order(
        path=str(kept),
        sha256=hashlib.sha256(kept.read_bytes()).hexdigest(),
        name="Frau Müller.mp4",
        folder=str(folder),
        model_sha256=options.analyser().model.sha256,
        options=options,
    )


def test_it_ends_in_peace_while_its_worker_lives_on(options: JobOptions, tmp_path: Path) -> None:
    order = Order(
        path=str(tmp_path / "gone.mp4"),
        sha256="0" * 64,
        name="gone.mp4",
        folder=str(tmp_path),
        model_sha256="",
        options=options,
    )
    usual = Limits()
    numbers = (str(usual.memory), str(usual.cpu_s), str(usual.file))
    command = [sys.executable, "-m", "unmask.jobs.child", *numbers]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        child.stdin.write(order.model_dump_json().encode() + b"\n")
        child.stdin.flush()  # and stays open
        assert child.wait(timeout=60) == 0


def test_a_failure_names_the_file_as_it_was_uploaded(options: JobOptions, tmp_path: Path) -> None:
    kept = tmp_path / "9e" / "9e01"
    kept.parent.mkdir()
    kept.write_bytes(b"neither film nor picture" * 40)
    said = answer(order_of(kept, options, tmp_path), Speaker(io.BytesIO()))
    assert isinstance(said, Failed)
    assert said.error.message.startswith("Frau Müller.mp4: ")
    assert str(tmp_path) not in said.model_dump_json()
    assert "9e01" not in said.model_dump_json()


def test_a_worker_with_another_model_answers_nothing(
    options: JobOptions, tmp_path: Path, portrait: Path
) -> None:
    """Its result would be found again by whoever asks for that of the other one."""
    other = order_of(portrait, options, tmp_path).model_copy(update={"model_sha256": "0" * 64})
    said = answer(other, Speaker(io.BytesIO()))
    assert isinstance(said, Failed)
    assert said.error.code == "model-altered"
    assert "model package" in said.error.hint


def test_a_file_that_is_not_what_was_received_has_no_verdict(
    options: JobOptions, tmp_path: Path, portrait: Path
) -> None:
    """The result was of other bytes than the job, and the custody log named both as one."""
    order = order_of(portrait, options, tmp_path)
    assert isinstance(answer(order, Speaker(io.BytesIO())), Finished)
    said = answer(order.model_copy(update={"sha256": "0" * 64}), Speaker(io.BytesIO()))
    assert isinstance(said, Failed)
    assert said.error.code == "not-readable"
    assert said.error.message == "Frau Müller.mp4: is not any more what was received"


def test_a_disk_that_is_full_is_no_flaw_of_the_file_or_of_unmask(
    options: JobOptions, tmp_path: Path, portrait: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("unmask.jobs.child.write_pictures", full)
    said = answer(order_of(portrait, options, tmp_path), Speaker(io.BytesIO()))
    assert isinstance(said, Failed)
    assert said.error.code == "disk-full"


def test_a_mac_refuses_a_bound_on_memory_and_gets_the_others(monkeypatch):
    import resource
    import sys

    bounded = []
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(resource, "setrlimit", lambda what, both: bounded.append(what))
    Limits().apply()
    assert resource.RLIMIT_AS not in bounded
    assert {resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE} <= set(bounded)
