"""Numbers, sizes and times as reports write them, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from report_samples import face

from unmask.core.language import spoken
from unmask.evidence.format import clock, limit, moment, number, probability, rate, score, size
from unmask.evidence.plain import count, figure, items, mapping


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "1 bytes"),
        (999, "999 bytes"),
        (1000, "1,000 bytes (1.0 kB)"),
        (999_999, "999,999 bytes (1000.0 kB)"),
        (10**6, "1,000,000 bytes (1.0 MB)"),
        (10**9, "1,000,000,000 bytes (1.0 GB)"),
        (25 * 10**8, "2,500,000,000 bytes (2.5 GB)"),
    ],
)
def test_a_size_is_exact_and_easy_to_take_in(count: int, text: str) -> None:
    assert size(count) == text
    with spoken("de"):
        assert size(2_500_000_000).endswith("(2,5 GB)")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("25", "25 per second"),
        ("30000/1001", "29.97 per second (30000/1001)"),
        ("10", "10 per second"),  # its nought is none behind a point
        ("25/2", "12.5 per second (25/2)"),
    ],
)
def test_a_rate_is_given_as_people_know_it(given: str, text: str) -> None:
    assert rate(given) == text


def test_a_score_of_a_face_that_was_not_judged_is_no_number() -> None:
    assert score(face(probability=0.9), 0.7) == "0.70"
    assert score(face(probability=None), 0.7) == "not counted"
    for one in (face(probability=0.9), face(probability=None)):
        assert score(one, None) == "not scored"


def test_times_and_limits() -> None:
    assert (clock(3661.0625), clock(5.0)) == ("1:01:01.062", "0:05.000")
    assert (limit(0.444), limit(0.5), number(0.5, 3)) == ("0.444", "0.5", "0.500")
    east = datetime(2026, 3, 4, 1, 6, 7, tzinfo=timezone(timedelta(hours=9)))
    assert moment(east) == "2026-03-03 16:06:07 UTC"
    assert moment(datetime(2026, 3, 4, tzinfo=UTC)) == "2026-03-04 00:00:00 UTC"
    with spoken("de"):
        assert (limit(0.444), probability(0.5), probability(None)) == ("0,444", "0,50", "–")


@pytest.mark.parametrize("odd", [None, "text", True, {"a": 1}, [1], 1.5, -2])
def test_of_data_in_another_form_nothing_is_read(odd: object) -> None:
    assert mapping(odd) == (odd if isinstance(odd, dict) else {})
    assert items(odd) == (odd if isinstance(odd, list) else [])
    assert figure(odd) == (odd if odd in (1.5, -2) else None)
    assert count(odd) == 0
    assert (items((1, 2)), count(3)) == ([1, 2], 3)
