"""What a type checker makes of Unmask in a project that uses it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
# With warnings of ignores that are not needed, as strict has them: each of these is needed.
PROJECT = """
import os
from pathlib import Path
from typing import assert_type

import unmask
from unmask import Analyser, Analysis, UnmaskError, analyse
from unmask.core.analysis import Face, Label, Thresholds
from unmask.core.deadline import Deadline
from unmask.pipeline import AnalysisRequest, ScoredCrop, Stage


class Sink:
    def add(self, crop: ScoredCrop, /) -> None:
        assert_type(crop.score, float)


def watch(stage: Stage, done: int, total: int) -> None:
    print(stage, done / total)


def labels(folder: Path) -> dict[str, Label]:
    analyser = Analyser(device="cpu", options=AnalysisRequest(clips=2))
    found: dict[str, Label] = {}
    for entry in os.scandir(folder):
        try:
            analysis = analyser.analyse(
                entry, timeout=Deadline.after(3), progress=watch, evidence=Sink()
            )
        except UnmaskError as error:
            assert_type(error.hint, str)
        else:
            found[entry.name] = analysis.verdict.label
    return found


one = analyse("a.mp4", clips=2, to_s=3, thresholds=Thresholds(low=0.2, high=0.8))
assert_type(one, Analysis)
assert_type(one.faces, tuple[Face, ...])
assert_type(one.verdict.probability, float | None)
assert_type(Analysis.from_json(one.to_json()), Analysis)
assert_type(unmask.analyse(Path("a.mp4")), Analysis)
assert_type(unmask.__version__, str)
unmask.analyze("a.mp4")  # type: ignore[attr-defined]
analyse("a.mp4", clip=2)  # type: ignore[call-arg]
analyse("a.mp4", device="gpu")  # type: ignore[arg-type]
"""


@pytest.mark.slow
def test_a_strict_project_sees_the_types_that_there_are(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "project.py").write_text(PROJECT)
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "project.py"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
