"""A history in its own file, and analyses that are quick to make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import databases
import pytest
from sample_analysis import sample

from unmask.core.analysis import Analysis
from unmask.store import History

MakeAnalysis = Callable[..., Analysis]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """An SQLite file. A test that asks for it is about SQLite, whatever others run on."""
    return tmp_path / "kept" / "history.db"


@pytest.fixture
def history(request: pytest.FixtureRequest) -> Iterator[History]:
    elsewhere = databases.named() and "database" not in request.fixturenames
    with History(None if elsewhere else request.getfixturevalue("database")) as opened:
        yield opened


@pytest.fixture(scope="session")
def make_analysis() -> MakeAnalysis:
    return sample
