"""What a model was worth when last measured is told wherever its verdicts are."""

from __future__ import annotations

from typing import Any

import pytest
from report_samples import manifest, report

from unmask.cli import words
from unmask.core.language import spoken
from unmask.evidence import html_report
from unmask.evidence.worth import Worth, worth
from unmask.runtime.package import Manifest


def measured(**more: Any) -> dict[str, Any]:
    decisions = [
        {"label": 0, "files": 1200, "wrong": {"value": 0.01}, "new": "column"},
        {"label": 1, "files": 50, "correct": {"value": 0.38}, "wrong": {"value": 0.1}},
    ]
    video = {"auc": {"value": 0.9, "low": None, "high": None}}
    return {"data": {"name": "films"}, "video": video, "decisions": decisions, **more}


def package(*evaluations: Any) -> Manifest:
    return manifest().model_copy(update={"metrics": {"evaluations": list(evaluations)}})


def test_the_last_evaluation_is_told_also_of_a_package_of_a_newer_version() -> None:
    newer = package(measured(data={"name": "older"}), measured(unheard_of={"x": 1}))
    known = worth(newer)
    assert known == Worth("films", 50, 19, 5, 1200, 12, 0.9)
    said = known.in_words()
    assert "called 19 of 50 manipulated ones" in said
    assert "and 12 of 1,200 real ones" in said
    with spoken("de"):
        assert "1.200" in known.in_words()
    assert said in html_report(report(manifest=newer)).replace("&quot;", '"')


def test_none_of_a_few_real_files_is_no_promise() -> None:
    """The end of the interval stands beside the count, rounded up."""
    last = measured()
    last["decisions"][0] |= {"files": 50, "wrong": {"value": 0.0, "high": 0.2515}}
    known = worth(package(last))
    assert known is not None
    for said in (known.in_words(), words.measured(known)):
        assert "0 of 50 real ones manipulated. Of other real files" in said
        assert "up to 26 in 100 manipulated (95 % interval)." in said
    with spoken("de"):
        assert "bis zu 26 von 100" in known.in_words()


def test_it_is_said_where_the_calibration_was_fitted_to_the_same_files() -> None:
    last = measured(data={"name": "films", "sha256": "ab"})
    metrics = {"evaluations": [last], "calibration": {"sha256": "ab"}}
    same = worth(manifest().model_copy(update={"metrics": metrics}))
    assert same is not None
    assert "to which its calibration was fitted as well" in same.in_words()
    assert "fitted as well" in words.measured(same)
    other = metrics | {"calibration": {"sha256": "cd"}}
    for elsewhere in (other, {"evaluations": [last]}, {"evaluations": [measured()]}):
        known = worth(manifest().model_copy(update={"metrics": elsewhere}))
        assert known is not None
        assert "fitted as well" not in known.in_words() + words.measured(known)


@pytest.mark.parametrize(
    "recorded",
    [
        (),
        ({"x": 1},),
        ("text",),
        (measured(decisions=[]),),
        (measured(decisions=measured()["decisions"][1:]),),
        (measured(), measured(decisions=[{"label": 0, "files": True, "wrong": {"value": 0.5}}])),
        (measured(decisions=[{"label": label, "files": 10} for label in (0, 1)]),),
    ],
)
def test_without_counts_of_both_classes_nothing_is_said(recorded: tuple[Any, ...]) -> None:
    assert worth(package(*recorded)) is None
    assert worth(manifest().model_copy(update={"metrics": {}})) is None
