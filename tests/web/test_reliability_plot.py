"""What the model page shows of the evaluations that a package records."""

from __future__ import annotations

import re

import pytest
from tiny_model import write_tiny_model

from unmask.core.analysis import Thresholds
from unmask.datasets.sample import Sample
from unmask.evaluation.cases import Case
from unmask.evaluation.evaluating import Protocol, evaluate
from unmask.evaluation.figures import Drawing
from unmask.evaluation.packages import rewrite, with_evaluation
from unmask.evaluation.report import DataSet, Scorer
from unmask.evaluation.scorers import graphs_of
from unmask.evaluation.scores import ScoreRow
from unmask.runtime import ModelPackage

pytest.importorskip("sklearn", reason="the extra 'evaluate' is not installed")

NAME = "<b>set</b>.csv"
DATA = DataSet(
    name=NAME, sha256="0" * 64, layout="list", split="", files=0, grouped_by="", groups=0
)


@pytest.fixture
def package(tmp_path):
    return ModelPackage.load(write_tiny_model(tmp_path / "models" / "tiny"))


def recorded(package, scores):
    """The package with an evaluation of files of these (label, P) recorded in it."""
    cases = [
        Case(Sample(f"{n}.mp4", label), ScoreRow(f"{n}.mp4", p, frames=(p,), faces=(p,)), str(n))
        for n, (label, p) in enumerate(scores)
    ]
    manifest = package.manifest
    scorer = Scorer(
        kind="model",
        name=manifest.name,
        version=manifest.version,
        graphs=graphs_of(package),
        calibration=manifest.calibration.model_dump(),
    )
    how = Protocol(Thresholds(low=0.4, high=0.6), "auto", (), Drawing(20))
    return with_evaluation(manifest, evaluate(cases, scorer, DATA, how), graphs_of(package))


@pytest.fixture
def page(make_app, package):
    def page(language="en"):
        client = make_app(models=(str(package.folder),)).test_client()
        return client.get("/model", headers={"Accept-Language": language}).text

    return page


SCORES = [(0, 0.05), (0, 0.15), (1, 0.15), (0, 0.42), (1, 0.45), (1, 0.95), (1, 0.97), (0, 0.93)]


def test_the_bins_that_are_recorded_are_drawn_and_told(page, package):
    rewrite(package, recorded(package, SCORES), card=True)
    text = page()
    part = text[text.index('id="reliability"') :]
    assert part.count("<circle") == 4
    assert "3 files: mean 0.950, 67% manipulated" in part
    assert re.search(r"0\.9 – 1\.0</th><td>3</td><td>0\.950</td><td>67 %", part)
    assert "Expected calibration error" in part
    assert "<b>set" not in text
    german = page("de")
    assert "3 Dateien: im Mittel" in german
    assert "Share manipulated" not in german


def test_an_evaluation_without_bins_says_so(page, package):
    manifest = recorded(package, SCORES)
    manifest.metrics["evaluations"][0]["reliability"] = []
    rewrite(package, manifest, card=True)
    text = page()
    assert "keeps no bins" in text
    assert "<circle" not in text


def test_without_an_evaluation_nothing_is_claimed(page, package):
    assert "No evaluation has been recorded in this package" in page()
