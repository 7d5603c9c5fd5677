"""Numbers and names as people are shown them."""

from __future__ import annotations

import pytest

from unmask.core.wording import precise_probability, probability, spreadsheet_safe


@pytest.mark.parametrize(
    ("value", "short", "long"),
    [
        (0.0, "< 0.01", "< 0.0001"),
        (0.00009, "< 0.01", "< 0.0001"),
        (0.0001, "< 0.01", "0.0001"),
        (0.0099, "< 0.01", "0.0099"),
        (0.01, "0.01", "0.0100"),
        (0.444, "0.44", "0.4440"),
        (0.99, "0.99", "0.9900"),
        (0.991, "> 0.99", "0.9910"),
        (0.9999, "> 0.99", "0.9999"),
        (0.99991, "> 0.99", "> 0.9999"),
        (1.0, "> 0.99", "> 0.9999"),
    ],
)
def test_no_number_claims_to_be_certain(value: float, short: str, long: str) -> None:
    assert (probability(value), precise_probability(value)) == (short, long)


def test_where_nothing_was_measured_there_is_no_number() -> None:
    assert probability(None) == "–"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_name_is_no_formula_to_a_spreadsheet(sign: str) -> None:
    assert spreadsheet_safe(f"{sign}cmd|' /C calc'!A0") == f"'{sign}cmd|' /C calc'!A0"


@pytest.mark.parametrize("name", ["", "clip.mp4", "a=b.mp4", "'quoted'.mp4", "é-1.mp4"])
def test_other_names_stay_as_they_are(name: str) -> None:
    assert spreadsheet_safe(name) == name
