"""Metrics against scikit-learn, against values worked out by hand, and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from sklearn import metrics as judge

from unmask.evaluation import curves, probabilities

FEW = settings(max_examples=30, deadline=None)
_SEEDS = st.integers(0, 2**32 - 1)


def draw(seed: int, *, ties: bool = True):
    """Up to 60 scores with both classes, whole-numbered weights, some of them 0."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(4, 60))
    labels = rng.integers(0, 2, count)
    labels[:2] = 0, 1
    scores = rng.random(count) * 0.7 + 0.3 * labels * rng.random()
    if ties:
        scores = np.round(scores, 1)
    weights = rng.integers(0, 4, count).astype(float)
    weights[:2] = 1
    return scores, labels, weights


@FEW
@given(_SEEDS)
def test_auc_and_ap_are_those_of_scikit_learn_also_weighted(seed: int) -> None:
    scores, labels, weights = draw(seed)
    ranking = curves.Ranking.of(scores, labels)
    for row in (np.ones_like(weights), weights):
        auc = judge.roc_auc_score(labels, scores, sample_weight=row)
        ap = judge.average_precision_score(labels, scores, sample_weight=row)
        assert curves.area(ranking, row[None])[0] == pytest.approx(auc)
        assert curves.average_precision(ranking, row[None])[0] == pytest.approx(ap)


@FEW
@given(_SEEDS)
def test_eer_is_where_the_interpolated_roc_meets_the_diagonal(seed: int) -> None:
    scores, labels, _ = draw(seed)
    fpr, tpr, _ = judge.roc_curve(labels, scores, drop_intermediate=False)
    # The ROC by its arc, as TPR is no function of FPR where it rises straight up.
    along = np.linspace(0, 1, len(fpr))
    root = brentq(lambda t: np.interp(t, along, fpr) + np.interp(t, along, tpr) - 1, 0, 1)
    found = curves.equal_error(curves.Ranking.of(scores, labels), np.ones((1, len(scores))))[0]
    assert found == pytest.approx(np.interp(root, along, fpr), abs=1e-9)


@FEW
@given(_SEEDS, st.sampled_from([0.01, 0.05, 0.3]))
def test_tpr_is_the_best_that_a_threshold_reaches(seed: int, limit: float) -> None:
    scores, labels, _ = draw(seed)
    reached = [0.0]
    for threshold in np.unique(scores):
        passed = scores >= threshold
        if passed[labels == 0].mean() <= limit:
            reached.append(passed[labels == 1].mean())
    ranking = curves.Ranking.of(scores, labels)
    found = curves.true_positives_at(ranking, np.ones((1, len(scores))), limit)[0]
    assert found == pytest.approx(max(reached))


@FEW
@given(_SEEDS)
def test_a_weight_counts_as_so_many_copies(seed: int) -> None:
    scores, labels, weights = draw(seed)
    copies = weights.astype(int)
    many, their = np.repeat(scores, copies), np.repeat(labels, copies)
    one, row = curves.Ranking.of(scores, labels), weights[None]
    other, ones = curves.Ranking.of(many, their), np.ones((1, len(many)))
    for metric in (
        curves.area,
        curves.average_precision,
        curves.equal_error,
        lambda ranking, w: curves.true_positives_at(ranking, w, 0.05),
    ):
        assert metric(one, row)[0] == pytest.approx(metric(other, ones)[0])
    for metric in (probabilities.brier, probabilities.log_loss, probabilities.calibration_error):
        assert metric(scores, labels, row)[0] == pytest.approx(metric(many, their, ones)[0])


@FEW
@given(_SEEDS)
def test_ranks_are_all_that_counts_and_turning_them_turns_the_auc(seed: int) -> None:
    scores, labels, weights = draw(seed)
    row = weights[None]
    found = curves.area(curves.Ranking.of(scores, labels), row)[0]
    assert curves.area(curves.Ranking.of(np.exp(3 * scores), labels), row)[0] == pytest.approx(
        found
    )
    assert curves.area(curves.Ranking.of(-scores, labels), row)[0] == pytest.approx(1 - found)


@FEW
@given(_SEEDS)
def test_brier_and_log_loss_are_those_of_scikit_learn(seed: int) -> None:
    scores, labels, weights = draw(seed, ties=False)
    row = weights[None]
    brier = judge.brier_score_loss(labels, scores, sample_weight=weights)
    loss = judge.log_loss(labels, np.clip(scores, 1e-6, 1 - 1e-6), sample_weight=weights)
    assert probabilities.brier(scores, labels, row)[0] == pytest.approx(brier)
    assert probabilities.log_loss(scores, labels, row)[0] == pytest.approx(loss)


def test_calibration_error_by_hand() -> None:
    p = np.array([0.05, 0.08, 0.55, 0.95, 1.0])
    labels = np.array([0, 1, 1, 1, 1])
    # Bin 0: mean .065, share .5; bin 5: .55 and 1; bin 9: .975 and 1.
    expected = (2 * abs(0.065 - 0.5) + abs(0.55 - 1) + 2 * abs(0.975 - 1)) / 5
    assert probabilities.calibration_error(p, labels, np.ones((1, 5)))[0] == pytest.approx(expected)
    found = probabilities.reliability(p, labels)
    assert [one.count if one else 0 for one in found] == [2, 0, 0, 0, 0, 1, 0, 0, 0, 2]
    assert found[0] is not None
    assert (found[0].mean, found[0].share) == (pytest.approx(0.065), 0.5)


def test_small_rankings_by_hand() -> None:
    # From the top: fake, real, fake, real. Three of four pairs are in order.
    ranking = curves.Ranking.of(np.array([0.9, 0.7, 0.6, 0.1]), np.array([1, 0, 1, 0]))
    ones = np.ones((1, 4))
    assert curves.area(ranking, ones)[0] == 0.75
    assert curves.average_precision(ranking, ones)[0] == pytest.approx((1 + 2 / 3) / 2)
    assert curves.equal_error(ranking, ones)[0] == 0.5
    assert curves.true_positives_at(ranking, ones, 0.05)[0] == 0.5


def test_equal_scores_say_nothing() -> None:
    ranking = curves.Ranking.of(np.full(6, 0.5), np.array([0, 0, 0, 1, 1, 1]))
    ones = np.ones((1, 6))
    assert curves.area(ranking, ones)[0] == 0.5
    assert curves.equal_error(ranking, ones)[0] == 0.5
    assert curves.true_positives_at(ranking, ones, 0.05)[0] == 0


def test_a_class_that_was_not_drawn_makes_figures_undefined() -> None:
    ranking = curves.Ranking.of(np.array([0.2, 0.8]), np.array([0, 1]))
    weights = np.array([[0.0, 2.0], [2.0, 0.0], [1.0, 1.0]])
    for metric in (curves.area, curves.average_precision, curves.equal_error):
        found = metric(ranking, weights)
        assert np.isnan(found[:2]).all()
        assert np.isfinite(found[2])


def test_a_nan_is_refused_and_infinity_is_a_rank() -> None:
    with pytest.raises(ValueError, match="NaN"):
        curves.Ranking.of(np.array([0.1, np.nan]), np.array([0, 1]))
    ranking = curves.Ranking.of(np.array([np.inf, 0.4, -np.inf]), np.array([0, 1, 1]))
    assert curves.area(ranking, np.ones((1, 3)))[0] == 0
    with pytest.raises(ValueError, match="between 0 and 1"):
        probabilities.bins(np.array([1.2]))


def test_real_ones_nobody_has_seen_push_a_threshold_up() -> None:
    """Four real ones; one more above them all takes a fifth of the FPR, on a straight line."""
    scores, labels = np.array([0.1, 0.2, 0.3, 0.4, 0.35, 0.5]), np.array([0, 0, 0, 0, 1, 1])
    ranking, ones = curves.Ranking.of(scores, labels), np.ones((1, 6))

    def reached(limit: float, unseen: float) -> float:
        return float(curves.true_positives_at(ranking, ones, limit, unseen)[0])

    assert [reached(at, 0.0) for at in (0.1, 0.25)] == [0.5, 1.0]
    assert [reached(at, 1.0) for at in (0.1, 0.2, 0.25)] == pytest.approx([0.25, 0.5, 0.5])
    assert reached(0.4, 1.0) == 1.0
    rows = curves.true_positives_at(ranking, np.ones((2, 6)), 0.1, np.array([0.0, 1.0]))
    assert rows.tolist() == pytest.approx([0.5, 0.25])
