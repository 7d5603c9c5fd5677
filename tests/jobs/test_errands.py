"""What is said of a child that makes a report or a preview, and fails."""

from __future__ import annotations

import errno
import os
import sys

import pytest
from pydantic import BaseModel

from unmask.core.errors import DiskFull, MissingExtra, TimeBudgetExceeded, UnmaskError
from unmask.jobs.errand import run_errand

SAYS = """
import sys
print('{"code": "%s", "message": "it needs more", "hint": "get it"}')
sys.exit(3)
"""


class Nothing(BaseModel):
    """An order for nothing in particular."""


class NotMade(UnmaskError):
    code = "not-made"


@pytest.fixture
def fail(tmp_path, monkeypatch):
    """What comes of a child with this code."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # two in a second look alike to it

    def fail(code, seconds=20.0):
        (tmp_path / "a_child.py").write_text(code, encoding="utf-8")
        with pytest.raises(UnmaskError) as caught:
            run_errand("a_child", Nothing(), "report", NotMade, seconds=seconds)
        return caught.value

    return fail


def test_a_server_that_lacks_an_extra_says_which(fail):
    error = fail(SAYS % "missing-extra")
    assert isinstance(error, MissingExtra)
    assert (error.message, error.hint) == ("it needs more", "get it")
    error = fail(SAYS % "model-altered")
    assert isinstance(error, NotMade)
    assert error.message == "no report can be made: it needs more"


def test_who_is_too_slow_may_be_asked_again(fail):
    error = fail("import time; time.sleep(20)", seconds=0.2)
    assert isinstance(error, TimeBudgetExceeded)
    assert "longer than 0.2 s" in error.message


def test_a_child_that_was_killed_is_said_to_be(fail):
    error = fail("import os; os.kill(os.getpid(), 9)")
    assert (
        "could not be made: its process was killed (SIGKILL), most often because" in error.message
    )
    assert "more memory" in error.hint
    error = fail("import os, sys; print('about else', file=sys.stderr, flush=True); os.abort()")
    assert error.message == "the report could not be made: its process crashed (SIGABRT)"
    assert error.hint == ""
    assert fail("raise SystemExit('no room')").message.endswith("made: no room")


NO_ROOM = """
from unmask.jobs.errand import carry_out
from pydantic import BaseModel

class Nothing(BaseModel): pass

def make(order):
    raise OSError(28, "No space left on device")

carry_out(Nothing, make)
"""


def test_a_full_disk_is_said_to_be_and_no_fault_of_the_reports(fail):
    error = fail(NO_ROOM)
    assert isinstance(error, DiskFull)
    assert "no room left" in error.message


def test_where_no_process_can_be_started_it_is_not_made(fail, monkeypatch):
    """It was said to be a bug."""

    def none_left(*_, **__):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("unmask.jobs.errand.subprocess.run", none_left)
    error = fail("")
    assert isinstance(error, NotMade)
    assert "Resource temporarily unavailable" in error.message


CARRIES = """
from unmask.core.errors import ModelNotFound
from unmask.jobs.errand import carry_out
from pydantic import BaseModel

class Nothing(BaseModel): pass

def make(order):
    raise ModelNotFound("no model \u0432\u0438\u0434\u0435\u043e", hint="\u2013")

carry_out(Nothing, make)
"""


def test_names_of_any_alphabet_are_said_whatever_the_encoding(fail, monkeypatch, tmp_path):
    """In the code page of Windows the failure could not be told, and nobody learned the cause."""
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    error = fail(CARRIES)
    assert (error.message, error.hint) == ("no report can be made: no model видео", "–")
