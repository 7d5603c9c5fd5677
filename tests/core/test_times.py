"""Times in a film as people write them."""

from __future__ import annotations

import pytest

from unmask.core.errors import UsageError
from unmask.core.times import seconds_of


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
