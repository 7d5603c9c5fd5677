"""What a fresh installation scans with."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from unmask import Analyser
from unmask.evaluation.report import Evaluation
from unmask.runtime import ModelPackage, shipped_packages

SAMPLES = Path(__file__).parents[1] / "examples" / "samples"
MOST_BYTES = 50 * 10**6


@pytest.fixture(scope="module", params=[package.folder.name for package in shipped_packages()])
def package(request: pytest.FixtureRequest) -> ModelPackage:
    """Each package that is shipped."""
    return next(each for each in shipped_packages() if each.folder.name == request.param)


def test_a_model_is_shipped() -> None:
    assert shipped_packages()


def test_it_is_as_published_small_and_described(package: ModelPackage) -> None:
    package.verify()
    files = [path for path in package.folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"model.json", *package.manifest.files}
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES
    assert f"# {package.manifest.name} " in package.card
    assert package.manifest.training.data
    assert all(source.licence for source in package.manifest.training.data)
    assert package.manifest.metrics


def test_a_checkout_on_windows_has_it_as_published(package: ModelPackage) -> None:
    """Git for Windows turns line ends round unless told not to: no scan would begin there."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists() or shutil.which("git") is None:
        pytest.skip("no checkout, or no git")
    files = [str(package.folder / name) for name in package.manifest.files]
    asked = ["git", "-C", str(root), "check-attr", "eol", "--", *files]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(told) == len(files)
    assert all(line.endswith(": eol: lf") for line in told)


def test_what_is_said_under_verdicts_is_of_real_tools(package: ModelPackage) -> None:
    """The evaluation that is recorded last; of pseudo-fakes it would promise too much."""
    last = Evaluation.model_validate(package.manifest.metrics["evaluations"][-1], strict=False)
    assert last.methods
    assert not any(row.name.startswith("pseudo-fake") for row in last.methods)


def test_it_tells_the_sample_clips_apart(package: ModelPackage) -> None:
    analyser = Analyser(package.folder, device="cpu")
    fake, clean = (
        analyser.analyse(SAMPLES / f"{name}.mp4").faces[0].verdict.probability
        for name in ("manipulated", "untouched")
    )
    assert fake is not None
    assert clean is not None
    assert fake > clean
