"""Intervals hold what they say: against Student, against Newcombe, and by drawing many sets."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import norm, t

from unmask.evaluation.bootstrap import Drawn, draw, number, resamples
from unmask.evaluation.curves import Ranking, area
from unmask.evaluation.figures import Drawing, metrics_of
from unmask.evaluation.limits import degrees, faultless_area


def test_groups_are_drawn_whole_and_repeatably() -> None:
    groups = number(["a", "b", "b", "c", "a"])
    drawn = np.concatenate(list(resamples(groups, count=50, seed=3)))
    assert drawn.shape == (50, 5)
    assert (drawn[:, 0] == drawn[:, 4]).all()
    assert (drawn[:, 1] == drawn[:, 2]).all()
    assert (drawn[:, [0, 1, 3]].sum(axis=1) == 3).all()
    again = np.concatenate(list(resamples(groups, count=50, seed=3)))
    assert (drawn == again).all()


def drawn(values: np.ndarray, groups: np.ndarray, count: int = 2000) -> Drawn:
    """The mean of these values."""
    mean = {"mean": lambda w: w @ values / w.sum(axis=1)}
    return draw(mean, groups, np.zeros(len(values), np.int64), count=count)["mean"]


def test_files_of_one_source_do_not_narrow_the_interval() -> None:
    values = np.random.default_rng(0).random(12)
    copied = np.repeat(values, 20)
    alone = drawn(values, np.arange(12)).figure("share")
    together = drawn(copied, np.repeat(np.arange(12), 20)).figure("share")
    apart = drawn(copied, np.arange(240)).figure("share")
    assert together.value == pytest.approx(alone.value)
    assert together.low == pytest.approx(alone.low, abs=1e-6)
    assert apart.high - apart.low < (together.high - together.low) / 3


@pytest.mark.parametrize("count", [4, 400])
def test_the_interval_of_a_mean_is_students(count: int) -> None:
    values = np.random.default_rng(1).normal(0, 0.1, count)
    found = drawn(values, np.arange(count)).figure("difference")
    error = values.std() / np.sqrt(count)
    reach = t.ppf(0.975, count - 1) * error
    assert found.low == pytest.approx(values.mean() - reach, abs=0.15 * error)
    assert found.high == pytest.approx(values.mean() + reach, abs=0.15 * error)
    p = drawn(values, np.arange(count)).chance()
    assert p == pytest.approx(2 * t.sf(abs(values.mean()) / error, count - 1), abs=0.03)


def test_scales_end_where_the_figures_do() -> None:
    spread = np.random.default_rng(2).normal(0, 0.2, 500)
    near = Drawn(0.95, 0.95 + spread, 3)
    share, positive, apart = (near.figure(one) for one in ("share", "positive", "difference"))
    assert 0 < share.low < 0.95 < share.high <= 1
    assert 0 < positive.low < 0.95 < positive.high
    assert positive.low == pytest.approx(0.95**2 / positive.high, abs=1e-5)
    assert apart.high == 1
    assert Drawn(0.0, abs(spread), 3).figure("share").low == pytest.approx(0, abs=0.02)


def test_no_interval_without_groups_or_where_draws_say_nothing() -> None:
    ones = {"one": lambda w: np.ones(len(w))}
    none = np.zeros(4, np.int64)
    for groups, count in ((none, 9), (np.arange(4), 0), (np.arange(4), 9)):
        found = draw(ones, groups, none, count=count)["one"].figure("share")
        assert (found.value, found.low, found.high) == (1, None, None)
    rare = {"rare": lambda w: np.where(w[:, 0] == 4, 1.0, np.nan)}
    assert draw(rare, np.arange(4), none)["rare"].figure("share").value is None
    assert draw(ones, none[:0], none[:0])["one"].figure("share").value is None


def test_degrees_are_those_of_the_class_that_brings_the_uncertainty() -> None:
    """Three groups of manipulated files that differ, or forty of real ones that do."""
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], [40, 3])
    gap = {}
    for name, spreads in (("few", (0.01, 1.0)), ("many", (1.0, 0.01))):
        values = rng.normal(0, 1, 43) * np.take(spreads, labels)

        def between(w: np.ndarray, values: np.ndarray = values) -> np.ndarray:
            with np.errstate(invalid="ignore"):
                return (w * labels) @ values / (w @ labels) - (w * (1 - labels)) @ values / (
                    w @ (1 - labels)
                )

        gap[name] = draw({"gap": between}, np.arange(43), labels)["gap"].degrees
    assert gap["few"] < 2.5
    assert gap["many"] > 30
    assert degrees((10, 5), (1.0, 1.0)) == pytest.approx(4 / (1 / 9 + 1 / 4))
    assert degrees((0, 7), (0.0, 1.0)) == 6  # every group has both classes


def test_an_area_of_one_is_as_uncertain_as_its_groups_are_few() -> None:
    for real, fake in ((2, 2), (5, 40), (30, 30)):
        low = faultless_area(real, fake)
        mean = (real + fake) / 2 - 1
        variance = low * (1 - low) / (real * fake)
        variance *= 1 + mean * ((1 - low) / (2 - low) + low / (1 + low))
        assert 1 - low == pytest.approx(1.959964 * np.sqrt(variance), abs=1e-6)
    assert faultless_area(2, 2) < 0.6 < 0.9 < faultless_area(30, 30)


def test_intervals_hold_what_they_say_with_few_groups() -> None:
    """Twelve sources of real clips, five tools: of percentiles, three intervals in four did."""
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(17), [4] * 12 + [3] * 5)
    labels = (groups >= 12).astype(np.int64)
    names, held = [str(one) for one in groups], 0
    for _ in range(150):
        scores = 2.66 * labels + rng.normal(0, 0.632, 17)[groups]
        ranking = Ranking.of(scores + rng.normal(0, 0.775, len(groups)), labels)
        auc = Drawing(200).measure({"auc": partial(area, ranking)}, names, labels)["auc"]
        held += auc.low <= 0.97 <= auc.high  # Φ(2.66 / √2)
    assert held >= 132


def test_a_threshold_that_hardly_any_real_file_passes_is_not_flattered() -> None:
    """Of thirty real files none passes: by resamples alone 20 of 60 intervals were too high."""
    rng = np.random.default_rng(5)
    labels, names = np.repeat([0, 1], 30).astype(np.int64), [str(one) for one in range(60)]
    truth, above = norm.cdf(2.5 - norm.isf(0.01)), 0
    for _ in range(60):
        scores = 2.5 * labels + rng.normal(0, 1, 60)
        found = metrics_of(scores, labels, names, Drawing(200), level="video", probabilities=None)
        low, high = found.tpr_at_fpr_1.low, found.tpr_at_fpr_1.high
        assert low <= found.tpr_at_fpr_1.value <= high
        above += low > truth
    assert above <= 1


def test_more_real_files_say_more_of_a_low_fpr() -> None:
    lows = []
    for count in (20, 200, 2000):
        scores = np.concatenate([np.linspace(0, 0.5, count), np.linspace(0.6, 1, 40)])
        labels = np.repeat([0, 1], [count, 40]).astype(np.int64)
        names = [str(one) for one in range(len(labels))]
        found = metrics_of(scores, labels, names, Drawing(300), level="video", probabilities=None)
        assert (found.tpr_at_fpr_1.value, found.tpr_at_fpr_1.high) == (1, 1)
        lows.append(found.tpr_at_fpr_1.low)
    assert 0 < lows[0] < 0.2 < lows[1] < 0.9 < lows[2] < 0.95  # 40 of 40, by Wilson: 0.91
    one_group = metrics_of(
        scores, labels, ["a"] * 2000 + names[2000:], Drawing(50), level="video", probabilities=None
    )
    assert one_group.tpr_at_fpr_1.low is None
