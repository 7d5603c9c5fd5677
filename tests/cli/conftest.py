"""The command line, run as a person would, with a toy model and a history of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut
from tiny_model import write_tiny_model

from unmask.cli import main

SAMPLES = Path(__file__).parents[2] / "examples" / "samples"


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder, empty, and a terminal of no stated width."""
    folder = tmp_path / "home"
    monkeypatch.setenv("UNMASK_DATA", str(folder))
    monkeypatch.delenv("COLUMNS", raising=False)
    return folder


@pytest.fixture
def unmask(home: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run ``unmask …``."""

    def run(*arguments: object) -> Ran:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        return Ran(code, *capfd.readouterr())

    return run


@pytest.fixture
def scan(unmask: Run, suspicious: Path) -> Run:
    """Run ``unmask scan …`` with a model that calls every face manipulated."""

    def run(*arguments: object) -> Ran:
        return unmask("scan", "--model", suspicious, "--device", "cpu", *arguments)

    return run


@pytest.fixture(scope="session")
def suspicious(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that calls every face manipulated."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "suspicious", bias=20)


@pytest.fixture(scope="session")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that finds nothing in any face."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "trusting", bias=-20)


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    """A picture of one face."""
    return save_portrait(tmp_path / "portrait.png")


@pytest.fixture
def landscape(tmp_path: Path) -> Path:
    """A picture of none."""
    path = tmp_path / "landscape.png"
    Image.fromarray(astronaut()[290:, :300]).save(path)
    return path


@pytest.fixture(scope="session")
def untouched() -> Path:
    """The sample clip with sound."""
    return SAMPLES / "untouched.mp4"


def save_portrait(path: Path, shade: int = 0) -> Path:
    """The astronaut's face; another ``shade`` gives other bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    face = np.maximum(astronaut()[:256, 96:352], shade)
    Image.fromarray(face).save(path, "PNG", compress_level=1)
    return path


@pytest.fixture
def make_portrait() -> Callable[..., Path]:
    return save_portrait
