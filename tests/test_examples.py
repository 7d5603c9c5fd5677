"""The Python examples of the documents, run as they stand, on the clips that `make demo` scans."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_model import write_tiny_model

from unmask.cli import main
from unmask.pipeline import analyser
from unmask.runtime import ModelPackage, package

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "examples" / "samples"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ["README", "docs/datasets", "docs/evaluation", "docs/faces", "docs/python", "docs/reports"]
EXAMPLES = [
    pytest.param(block, id=f"{page}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.findall((ROOT / f"{page}.md").read_text("utf-8")))
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where examples find what they name: films, a data set, its crops, two evaluations."""
    here = tmp_path_factory.mktemp("examples")
    for name in ("holiday.mp4", "clip.mp4", "set/train/real/a.mp4"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLES / "untouched.mp4", here / name)
    for name in ("inbox/b.mp4", "set/train/fake/b.mp4"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLES / "manipulated.mp4", here / name)
    (here / "inbox/notes.txt").write_text("no film")
    index, crops = here / "ff.parquet", here / "crops/ff"
    assert main(["data", "index", str(here / "set"), "--out", str(index)]) == 0
    few = ["--clips", "1", "--max-frames", "2", "--workers", "1"]
    assert main(["data", "prepare", str(index), "--out", str(crops), *few]) == 0
    (here / "theirs.csv").write_text("path,label,score\na,1,0.9\nb,1,0.4\nc,0,0.6\nd,0,0.1\n")
    for out in ("before", "after"):
        few = ["--out", str(here / out), "--resamples", "20", "--split", "all"]
        assert main(["evaluate", "--scores", str(here / "theirs.csv"), *few]) == 0
    return here


@pytest.fixture
def standing_in(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A toy under the shipped model's name, which would take seconds a film."""
    toy = ModelPackage.load(write_tiny_model(tmp_path / "toy", name="xception-lstm"))
    monkeypatch.setattr(package, "shipped_packages", lambda: (toy,))
    monkeypatch.setenv("UNMASK_DATA", str(tmp_path / "history"))
    monkeypatch.chdir(folder)
    analyser._KEPT.clear()
    yield
    analyser._KEPT.clear()


@pytest.mark.usefixtures("standing_in")
@pytest.mark.parametrize("example", EXAMPLES)
def test_the_example_runs(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = example.replace("/data/Celeb-DF-v2", "set")
    exec(compile(code, "example", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out or "features.npz" in example
