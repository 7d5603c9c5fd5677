"""A data folder of the test's own, a desk over it, and something to analyse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("huey", reason="the extra 'web' is not installed")

from skimage.data import astronaut

from unmask.jobs import Desk, Folders, JobOptions, Submission
from unmask.store import History

SAMPLES = Path(__file__).parents[2] / "examples" / "samples"
LIMIT = 10**9


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setenv("UNMASK_DATA", str(tmp_path / "data"))
    return Folders.default()


@pytest.fixture
def desk(folders: Folders) -> Iterator[Desk]:
    with History() as history:
        yield Desk(history, folders)


@pytest.fixture
def options(tiny_model: Path) -> JobOptions:
    return JobOptions(model=str(tiny_model))


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    path = tmp_path / "portrait.png"
    Image.fromarray(np.asarray(astronaut()[:256, 96:352])).save(path)
    return path


@pytest.fixture
def submit(desk: Desk, options: JobOptions) -> Callable[..., Submission]:
    """Hand in a file (or bytes) as an upload."""

    def submit(content: Path | bytes, name: str = "", **more: object) -> Submission:
        data = content.read_bytes() if isinstance(content, Path) else content
        incoming = desk.vault.receive(LIMIT)
        incoming.write(data)
        name = name or (content.name if isinstance(content, Path) else "bytes")
        return desk.submit(incoming, name, **({"options": options} | more))

    return submit


@pytest.fixture
def clip() -> Path:
    return SAMPLES / "manipulated.mp4"
