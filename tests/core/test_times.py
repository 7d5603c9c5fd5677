"""Times in a film as people write them."""

from __future__ import annotations

import pytest

from unmask.core.errors import UsageError
from unmask.core.times import clock, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("667", 667.0),
        ("667.5", 667.5),
        ("667,5", 667.5),
        (" 11:07 ", 667.0),
        ("1:02:03.5", 3723.5),
        ("90:00", 5400.0),
    ],
)
def test_what_people_write(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "eleven", "-1", "1:60", "1:2:3:4", "nan", "1e3", ":5", "5:", "٣", "9" * 400]
)
def test_what_is_no_time(text):
    with pytest.raises(UsageError, match=r"in seconds or as 1:02:03"):
        seconds_of(text)


@pytest.mark.parametrize(
    ("seconds", "digits", "text"),
    [
        (0.0, 2, "0:00.00"),
        (59.999, 2, "1:00.00"),
        (61.25, 2, "1:01.25"),
        (61.25, 0, "1:01"),
        (59.96, 1, "1:00.0"),
        (59.5, 0, "1:00"),
        (3599.994, 2, "59:59.99"),
        (3600.5, 2, "1:00:00.50"),
        (7325.0625, 3, "2:02:05.062"),
        (360_000, 1, "100:00:00.0"),
    ],
)
def test_what_people_read(seconds, digits, text):
    assert clock(seconds, digits) == text
    assert seconds_of(text) == pytest.approx(seconds, abs=0.51 / 10**digits)
