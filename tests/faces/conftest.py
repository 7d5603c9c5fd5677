"""One detector for the room's tests."""

from __future__ import annotations

import pytest

from unmask.faces import FaceDetector
from unmask.runtime import SessionOptions


@pytest.fixture(scope="session")
def detector() -> FaceDetector:
    return FaceDetector(SessionOptions(device="cpu", threads=2))
