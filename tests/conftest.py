"""Fixtures that every room's tests may use."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import databases
import pytest
from hypothesis import HealthCheck, settings
from logging_state import State, logging_state, put_back
from tiny_model import write_tiny_model

# Workers side by side: a thread each, or they take the cores from one another.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# How fast examples are made and run says how busy the machine is.
settings.register_profile("unmask", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unmask")

SHARED = Path(__file__).resolve().parents[2] / "shared"
_ON_DATABASE = [Path(__file__).parent / room for room in ("store", "jobs", "web")]
_LOGGING = pytest.StashKey[State]()


def _capturing(item: pytest.Item) -> tuple[logging.Handler, ...]:
    """What pytest hears with, in all tests of a process; none with ``-p no:logging``."""
    plugin = item.config.pluginmanager.get_plugin("logging-plugin")
    return (plugin.caplog_handler, plugin.report_handler) if plugin else ()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Before any fixture, also those that several tests share."""
    item.stash[_LOGGING] = logging_state(_capturing(item))
    yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Who leaves logging changed fails, and not whoever comes next and misses a line."""
    yield
    changes = put_back(item.stash[_LOGGING], _capturing(item))
    if changes:
        pytest.fail("left logging changed: " + "; ".join(changes), pytrace=False)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real faces and clips beside the checkout; skips the test where absent."""
    if not (SHARED / "eval").is_dir():
        pytest.skip("no ../shared beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a toy model package that any test may read."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(autouse=True, scope="session")
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the person's history or cache."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNMASK_DATA", str(home / "data"))
        patch.setenv("UNMASK_CACHE", str(home / "cache"))
        patch.setenv("LC_ALL", "C.UTF-8")  # nor are reports in the person's language
        yield


@pytest.fixture
def postgresql() -> Iterator[str]:
    """The URL of an empty PostgreSQL; skips the test where none is named."""
    database = databases.named()
    if database is None:
        pytest.skip(databases.WHY_NOT)
    with databases.empty_schema(database) as url:
        yield url


@pytest.fixture(autouse=True)
def _own_database(request: pytest.FixtureRequest) -> None:
    """Where a PostgreSQL is named, a history that a test opens without a path lies in it."""
    if databases.named() and request.path.parent in _ON_DATABASE:
        # Asked for here alone: before a test's own fixtures it would be taken back after them.
        patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
        patch.setenv("UNMASK_DATABASE", request.getfixturevalue("postgresql"))
