"""The commands, run as a person would, on a few pictures that the toy model can tell apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up import Run, face_set

from unmask.cli import main


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``real`` and ``fake``, twelve of each, and a real one without a face."""
    return face_set(tmp_path_factory.mktemp("sets") / "faces")


@pytest.fixture
def unmask(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """``unmask …`` in a folder of the test's own: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main([str(one) for one in arguments])
        return code, *capfd.readouterr()

    return run
