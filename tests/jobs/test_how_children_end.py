"""A child that ends without an answer: what its message says to a person."""

from __future__ import annotations

import sys

import pytest

from unmask.core import said
from unmask.core.language import spoken
from unmask.jobs.children import Child
from unmask.jobs.ending import in_words
from unmask.jobs.limits import Limits
from unmask.jobs.messages import Order


@pytest.fixture
def ends(monkeypatch, options):
    """Let a child do ``code`` instead of its work, and give its cause of death."""
    from unmask.jobs import children

    real = children.subprocess.Popen

    def die(code: str):
        monkeypatch.setattr(
            children.subprocess,
            "Popen",
            lambda _, **more: real([sys.executable, "-c", code], **more),
        )
        order = Order(
            path="x", sha256="", name="x", folder="x", model_sha256="0" * 64, options=options
        )
        with Child(order, Limits()) as child:
            assert list(child.says(20)) == []
            return child.cause_of_death()

    return die


def test_one_that_was_killed_names_the_usual_cause_and_a_way_out(ends):
    died = ends("import os, sys; print('about else', file=sys.stderr); os.kill(os.getpid(), 9)")
    assert died.code == "killed"
    assert "ran out of memory" in died.message
    assert "about else" not in died.message
    assert "then try again" in died.hint
    assert "-9" not in died.message
    with spoken("de"):
        assert "Speicher" in said.told(died.message)
        assert "Speicher" in said.told(died.hint)


def test_one_that_crashed_names_the_signal_and_no_line_about_something_else(ends):
    died = ends("import os, sys; print('[h264] about else', file=sys.stderr); os.abort()")
    assert died.code == "crashed"
    assert died.message.endswith("the file crashed (SIGABRT)")
    assert "may be damaged" in died.hint


def test_one_that_says_why_is_believed(ends):
    assert ends("raise SystemExit('no such luck')").message.endswith("ended: no such luck")
    assert ends("raise SystemExit(7)").message.endswith("file ended with exit code 7")
    assert ends("import sys; sys.exit('cannot allocate memory')").code == "memory"


def test_signals_without_a_name_have_a_number():
    assert in_words(-62) == "crashed (signal 62)"
    assert in_words(3221225477) == "ended with exit code 3221225477"
