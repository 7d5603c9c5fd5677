"""One analyser of the toy model for the whole room: loading is what takes time."""

from __future__ import annotations

from pathlib import Path

import pytest

from unmask.pipeline import Analyser


@pytest.fixture(scope="session")
def analyser(tiny_model: Path) -> Analyser:
    return Analyser(tiny_model, device="cpu", precision="f32")
