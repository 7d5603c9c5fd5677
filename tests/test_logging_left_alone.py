"""The guard in conftest.py: a test that leaves logging changed is the one that fails."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

LEAVING = """
import logging
import pytest

log = logging.getLogger("unmask.left")

@pytest.fixture(scope="session")
def shared_by_several():
    log.disabled = True

def test_quiet(): logging.getLogger("unmask").setLevel(logging.ERROR)
def test_silent(): logging.disable(logging.CRITICAL)
def test_alone(): log.propagate = False
def test_by_a_fixture(shared_by_several): pass
def test_root(): logging.getLogger().addHandler(logging.NullHandler())
def test_filtered(): log.addFilter(lambda record: False)

def test_through_a_logger_that_keeps_to_itself(caplog):
    # As pytest does where it finds one of these, which is how NNCF deafened all tests after it.
    for handler in (caplog.handler, logging.root.handlers[0]):
        handler.setLevel(logging.ERROR)

def test_hears(caplog):
    log.warning("heard")
    assert "heard" in caplog.text

def test_for_a_while(caplog):
    caplog.set_level(logging.DEBUG, "unmask.left")
    log.debug("whispered")
    assert "whispered" in caplog.text
"""


def test_who_leaves_logging_changed_fails_and_nobody_after(tmp_path: Path) -> None:
    here = Path(__file__).parent
    for name in ("conftest.py", "databases.py", "logging_state.py", "tiny_model.py"):
        (tmp_path / name).write_bytes((here / name).read_bytes())
    (tmp_path / "test_leaving.py").write_text(LEAVING)
    command = [sys.executable, "-m", "pytest", "-q", "-rE", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "9 passed, 7 errors" in done.stdout, done.stdout
    for words in (
        f"unmask: level is {logging.ERROR}, was 0",
        f"all loggers: disable is {logging.CRITICAL}, was 0",
        "unmask.left: propagate is False, was True",
        "unmask.left: disabled is True, was False",
        "root: handlers is (<NullHandler (NOTSET)>,), was ()",
        "unmask.left: filters is (<function",
        f"pytest's own: level is {logging.ERROR}, was 0",
    ):
        assert f"left logging changed: {words}" in done.stdout
