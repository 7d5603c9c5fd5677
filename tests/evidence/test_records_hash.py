"""Frozen records may be members of sets and keys, as everything frozen may."""

from report_samples import analysis


def test_equal_analyses_have_one_hash_whatever_they_hold():
    one, again, other = analysis(), analysis(), analysis("other.mp4")
    assert one == again
    assert len({one, again, other}) == 2
