"""A history in its own file, and analyses that are quick to make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sample_analysis import sample

from unmask.core.analysis import Analysis
from unmask.store import History

MakeAnalysis = Callable[..., Analysis]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "history.db"


@pytest.fixture
def history(database: Path) -> Iterator[History]:
    with History(database) as opened:
        yield opened


@pytest.fixture(scope="session")
def make_analysis() -> MakeAnalysis:
    return sample
