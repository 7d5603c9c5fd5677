"""DeLong's test against its definition, and comparisons of whole files of scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import case, separated
from scipy.stats import binomtest, norm
from sklearn.metrics import roc_auc_score

from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError
from unmask.evaluation.cases import Case
from unmask.evaluation.delong import compare, delong
from unmask.evaluation.disagreeing import mcnemar
from unmask.evaluation.figures import Drawing
from unmask.evaluation.scorers import called
from unmask.evaluation.several import corrected, holm

HALVES = (Thresholds(low=0.5, high=0.5), Thresholds(low=0.5, high=0.5))
FEW = settings(max_examples=30, deadline=None)
_SEEDS = st.integers(0, 2**32 - 1)


def by_definition(one, other, labels):
    """The variance of the difference of the AUCs, pair by pair, as in the paper."""
    structural = []
    for scores in (one, other):
        fakes, reals = scores[labels == 1], scores[labels == 0]
        psi = (fakes[:, None] > reals[None]) + 0.5 * (fakes[:, None] == reals[None])
        structural.append((psi.mean(axis=1), psi.mean(axis=0)))
    s10 = np.cov([structural[0][0], structural[1][0]])
    s01 = np.cov([structural[0][1], structural[1][1]])
    s = s10 / (labels == 1).sum() + s01 / (labels == 0).sum()
    return s[0, 0] + s[1, 1] - 2 * s[0, 1]


@FEW
@given(_SEEDS)
def test_delong_is_its_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.r_[0, 0, 1, 1, rng.integers(0, 2, rng.integers(4, 50))]
    one, other = np.round(rng.random((2, len(labels))) + 0.3 * labels, 1)
    found = delong(one, other, labels)
    assert found.auc == pytest.approx(roc_auc_score(labels, one))
    assert found.other == pytest.approx(roc_auc_score(labels, other))
    assert found.error**2 == pytest.approx(by_definition(one, other, labels), abs=1e-12)
    if found.z is not None:
        assert found.p == pytest.approx(2 * norm.sf(abs(found.z)))
    back = delong(other, one, labels)
    assert back.difference == pytest.approx(-found.difference)
    assert back.error == pytest.approx(found.error)


def test_scores_of_our_own_are_called_after_their_folders(tmp_path: Path) -> None:
    paths = [tmp_path / "base" / "scores.csv", tmp_path / "fine" / "scores.csv"]
    paths += [tmp_path / "theirs.csv", tmp_path / "old" / "fine.csv"]
    assert called(paths) == [
        (paths[0], "base"),
        (paths[1], str(paths[1])),
        (paths[2], "theirs"),
        (paths[3], str(paths[3])),
    ]


def test_no_difference_is_found_as_often_as_chance_has_it() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 60)
    hits = 0
    for _ in range(400):
        one, other = rng.normal(0, 1, (2, 120)) + labels
        found = delong(one, other, labels)
        assert found.p is not None
        hits += found.p < 0.05
    assert 0.02 <= hits / 400 <= 0.085


def test_scores_against_themselves_and_against_their_ranks() -> None:
    labels = np.array([0, 1, 0, 1, 1])
    scores = np.array([0.2, 0.3, 0.4, 0.5, 0.6])
    found = delong(scores, scores**3, labels)
    assert (found.difference, found.error, found.z, found.p) == (0, 0, None, 1.0)
    perfect = delong(labels.astype(float), -labels.astype(float), labels)
    assert (perfect.difference, perfect.p) == (1, None)


def test_files_that_one_has_no_score_for_are_left_out() -> None:
    cases = separated(20)
    rng = np.random.default_rng(2)
    others = [replace(one, row=replace(one.row, score=float(rng.random()))) for one in cases]
    others[3] = replace(others[3], row=replace(others[3].row, score=None))
    found = compare(cases, others, "chance", Drawing(300), HALVES)
    assert (found.files, found.left_out) == (39, 1)
    assert found.auc > found.other_auc
    assert found.difference.value == pytest.approx(found.auc - found.other_auc, abs=2e-6)
    assert found.difference.low < found.difference.value < found.difference.high
    assert found.delong_low < found.difference.value < found.delong_high
    assert found.p < 0.01
    assert found.p_over_groups < 0.01


def test_too_few_in_common_is_refused() -> None:
    cases = [case(0, 0.1), case(1, 0.9), case(1, 0.8)]
    with pytest.raises(DataError, match="only 3 files are scored by both"):
        compare(cases, cases, "x", Drawing(10), HALVES)


@pytest.mark.parametrize(("one", "other"), [(0, 0), (1, 0), (3, 12), (12, 3), (40, 41), (0, 2000)])
def test_mcnemar_is_a_fair_coin(one: int, other: int) -> None:
    expected = binomtest(one, one + other).pvalue if one + other else 1.0
    assert mcnemar(one, other) == pytest.approx(expected, rel=1e-6, abs=1e-300)


def judged(*scores: tuple[int, float, str]) -> list[Case]:
    return [
        case(label, score, name=f"{at}.mp4", verdict=verdict, source=f"s{at // 2}")
        for at, (label, score, verdict) in enumerate(scores)
    ]


def test_who_is_called_manipulated_by_one_alone() -> None:
    """The same AUC of 1, and half of the real files accused where each is used."""
    here = judged(*[(0, 0.2, "")] * 8, *[(1, 0.9, "")] * 8)
    there = judged(*[(0, 0.2, ""), (0, 0.6, "")] * 4, *[(1, 0.9, "")] * 8)
    found = compare(here, there, "other", Drawing(200), HALVES)
    assert (found.auc, found.other_auc) == (1.0, 1.0)
    real, fake = found.disagreements
    assert (real.label, real.files, real.here_alone, real.there_alone) == (0, 8, 0, 4)
    assert (real.difference.value, real.p) == (-0.5, 0.125)
    assert (fake.label, fake.here_alone, fake.there_alone, fake.p) == (1, 0, 0, 1.0)
    assert (fake.difference.value, fake.difference.low) == (0, None)  # and not: certainly none
    lenient = (HALVES[0], Thresholds(low=0.4, high=0.7))
    assert compare(here, there, "other", Drawing(9), lenient).disagreements[0].there_alone == 0


def test_verdicts_count_before_thresholds_and_ranks_have_none() -> None:
    here = judged(*[(0, 0.2, "")] * 4, *[(1, 0.9, "inconclusive")] * 4)
    there = judged(*[(0, 0.2, "")] * 4, *[(1, 0.9, "")] * 4)
    assert compare(here, there, "other", Drawing(9), HALVES).disagreements[1].there_alone == 4
    ranks = judged(*[(0, -2.0, "")] * 4, *[(1, 3.0, "")] * 4)
    assert compare(here, ranks, "other", Drawing(9), HALVES).disagreements == ()


def test_a_class_that_is_one_group_leaves_the_difference_without_an_interval() -> None:
    here = [case(0, at / 40, name=f"r{at}", source="one") for at in range(20)]
    here += [case(1, 0.3 + at / 40, name=f"f{at}") for at in range(20)]
    there = [replace(one, row=replace(one.row, score=(one.row.score or 0) ** 2)) for one in here]
    there[3] = replace(there[3], row=replace(there[3].row, score=0.9))
    found = compare(here, there, "other", Drawing(200), HALVES)
    assert found.difference.value != 0
    assert found.difference.low is None


@pytest.mark.parametrize(
    ("chances", "expected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),  # R: p.adjust(…, "holm")
        ([0.02, None, 0.02], [0.04, None, 0.04]),
        ([0.6, 0.9], [1.0, 1.0]),
        ([0.03], [0.03]),
    ],
)
def test_holm(chances: list[float | None], expected: list[float | None]) -> None:
    assert holm(chances) == [None if p is None else pytest.approx(p) for p in expected]


def test_of_several_comparisons_each_p_is_corrected_with_its_like() -> None:
    here = judged(*[(0, 0.2, "")] * 8, *[(1, at / 20, "") for at in range(12)])
    rng = np.random.default_rng(5)
    others = [judged(*((one.label, float(rng.random()), "") for one in here)) for _ in range(3)]
    ranks = judged(*((one.label, 9 * float(rng.random()), "") for one in here))
    found = corrected(
        [compare(here, one, "x", Drawing(200), HALVES) for one in (*others[:2], ranks, others[2])]
    )
    assert [len(one.disagreements) for one in found] == [2, 2, 0, 2]
    assert [one.p_holm for one in found] == holm([one.p for one in found])
    assert min(one.p_over_groups_holm / one.p_over_groups for one in found) > 1
    for label in (0, 1):
        rows = [row for one in found for row in one.disagreements if row.label == label]
        assert [row.p_holm for row in rows] == holm([row.p for row in rows])


def test_ps_over_groups_are_right_where_delongs_are_not() -> None:
    """Two detectors, each with its own opinion of each of twelve people, eight clips of each."""
    rng = np.random.default_rng(6)
    labels = np.tile([0, 1], 48)
    people = np.repeat(np.arange(12), 8)
    blank = [case(int(label), 0.5, name=f"{at}.mp4", source=f"p{people[at]}")
             for at, label in enumerate(labels)]  # fmt: skip
    false = {"files": 0, "groups": 0}
    for _ in range(60):
        one, two = ([
            replace(each, row=replace(each.row, score=float(score)))
            for each, score in zip(blank, rng.normal(0, 1, (12, 2))[people, labels] + 2 * labels
                                   + rng.normal(0, 0.7, 96), strict=True)
        ] for _ in range(2))  # fmt: skip
        found = compare(one, two, "other", Drawing(100), HALVES)
        false["files"] += found.p < 0.05
        false["groups"] += found.p_over_groups < 0.05
    assert false["groups"] <= 8
    assert false["files"] > false["groups"] + 3
