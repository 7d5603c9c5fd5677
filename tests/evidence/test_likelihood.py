"""What a probability is worth as evidence, and in words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import manifest

from unmask.core.analysis import HIDING, Verdict
from unmask.evidence import Likelihood, Reference

LARGE = Reference(10**9, 10**9)
PROBABILITIES = st.floats(0.0, 1.0)


@given(st.floats(0.001, 0.999))
def test_at_even_odds_beforehand_the_probability_comes_back(p: float) -> None:
    assert Likelihood.of(p, LARGE).posterior(0.5) == pytest.approx(p)


@given(PROBABILITIES, st.integers(1, 10**6), st.integers(1, 10**6))
def test_no_ratio_exceeds_what_the_examples_can_bear(p: float, real: int, fake: int) -> None:
    ratio = Likelihood.of(p, Reference(real, fake)).ratio
    assert 1 / (fake + 1) <= ratio <= real + 1


@given(PROBABILITIES, PROBABILITIES)
def test_the_ratio_rises_with_the_probability(p: float, q: float) -> None:
    low, high = sorted((p, q))
    reference = Reference(100, 100)
    assert Likelihood.of(low, reference).ratio <= Likelihood.of(high, reference).ratio


@given(st.floats(0.01, 0.99), st.floats(0.001, 0.999))
def test_the_posterior_is_bayes_rule(p: float, prior: float) -> None:
    likelihood = Likelihood.of(p, LARGE)
    odds = likelihood.ratio * prior / (1 - prior)
    assert likelihood.posterior(prior) == pytest.approx(odds / (1 + odds))


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.0, "no support for either proposition over the other"),
        (1.9, "no support for either proposition over the other"),
        (1.999, "no support for either proposition over the other"),
        (2.0, "weak support for manipulation"),
        (0.5, "weak support for no manipulation"),
        (9.99, "weak support for manipulation"),
        (10, "moderate support for manipulation"),
        (99.9, "moderate support for manipulation"),
        (100, "moderately strong support for manipulation"),
        (999.9, "moderately strong support for manipulation"),
        (1_000, "strong support for manipulation"),
        (9_999, "strong support for manipulation"),
        (10_000, "very strong support for manipulation"),
        (999_999, "very strong support for manipulation"),
        (1_000_000, "extremely strong support for manipulation"),
        (45, "moderate support for manipulation"),
        (1 / 45, "moderate support for no manipulation"),
        (500, "moderately strong support for manipulation"),
        (5_000, "strong support for manipulation"),
        (50_000, "very strong support for manipulation"),
        (5_000_000, "extremely strong support for manipulation"),
    ],
)
def test_the_scale_of_words(ratio: float, words: str) -> None:
    assert Likelihood(ratio, "").verbal == words


@pytest.mark.parametrize(
    ("p", "reference", "figures"),
    [
        (0.9, LARGE, "about 9.0"),
        (0.5, LARGE, "about 1.0"),
        (0.978, LARGE, "about 44"),
        (0.9088, LARGE, "about 10"),  # 9.96
        (0.09, LARGE, "about 1/10"),
        (0.99, LARGE, "about 99"),
        (0.99006, LARGE, "about 100"),  # 99.6
        (0.1, LARGE, "about 1/9.0"),
        (0.99999, LARGE, "about 100,000"),
        (0.9999, Reference(117, 240), "118 (bounded)"),
        (0.0001, Reference(117, 240), "1/241 (bounded)"),
        (1.0, Reference(None, None), "99 (bounded)"),
        (0.0, Reference(None, None), "1/99 (bounded)"),
    ],
)
def test_figures_have_two_digits_and_say_when_they_are_bounds(
    p: float, reference: Reference, figures: str
) -> None:
    assert Likelihood.of(p, reference).in_figures() == figures


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.9, "about 9.0 times as likely from a manipulated file as from an untouched one: weak"),
        (0.1, "about 9.0 times as likely from an untouched file as from a manipulated one, of the"),
        (0.9999, "up to 118 times as likely from a manipulated file"),  # a bound, and no estimate
        (0.55, "it speaks for neither."),
    ],
)
def test_the_ratio_in_words_for_who_has_never_heard_of_one(p: float, said: str) -> None:
    assert said in Likelihood.of(p, Reference(117, 240)).in_plain_words()


def test_the_reference_is_what_the_package_states() -> None:
    words = "clips held out from fitting the network"
    assert Reference.of(manifest(117, 240)) == Reference(117, 240, words)
    assert Reference.of(None) == Reference(None, None)


def test_a_calibration_fitted_anew_is_the_reference_in_place_of_the_first() -> None:
    first = manifest(117, 240)
    anew = {"calibration": {"real": 50, "manipulated": 70, "data": "val"}, **first.metrics}
    reference = Reference.of(first.model_copy(update={"metrics": anew}))
    assert reference == Reference(50, 70, "validation files", "val")


@pytest.mark.parametrize(
    "stated", [None, 5, {}, {"real": "many", "manipulated": True}, {"real": 0, "manipulated": -1}]
)
def test_odd_metrics_are_no_reference(stated: object) -> None:
    odd = manifest().model_copy(update={"metrics": {"calibration clips": stated}})
    assert Reference.of(odd) == Reference(None, None)


def test_certainty_is_finite() -> None:
    assert math.isfinite(Likelihood.of(1.0, LARGE).ratio)


def _verdict(probability: float | None, *reasons: str) -> Verdict:
    return Verdict(label="inconclusive", probability=probability, reasons=reasons)


NOT_IN_THE_NUMBER = (
    *HIDING,
    "frames-disagree",
    "faces-disagree",
    "main-face-inconclusive",
    "further-films",
    "viewers-differ",
)


@pytest.mark.parametrize("reason", NOT_IN_THE_NUMBER)
def test_what_is_not_cleared_has_no_support_for_no_manipulation(reason: str) -> None:
    found = Likelihood.of_verdict(_verdict(0.05, reason), LARGE)
    assert found == Likelihood(1.0, "withheld")
    assert found.verbal == "no support for either proposition over the other"
    assert found.in_figures() == "none below 1 is stated"
    assert "speaks for neither" in found.in_plain_words()


@pytest.mark.parametrize("reason", NOT_IN_THE_NUMBER)
def test_what_is_found_in_spite_of_it_counts(reason: str) -> None:
    assert Likelihood.of_verdict(_verdict(0.8, reason), LARGE) == Likelihood.of(0.8, LARGE)


@pytest.mark.parametrize("reason", ["between-thresholds", "below-threshold", "still-face"])
def test_a_verdict_that_goes_by_its_number_has_the_ratio_of_it(reason: str) -> None:
    assert Likelihood.of_verdict(_verdict(0.2, reason), LARGE) == Likelihood.of(0.2, LARGE)


def test_without_a_probability_there_is_no_ratio() -> None:
    assert Likelihood.of_verdict(_verdict(None, "too-blurred"), LARGE) is None
