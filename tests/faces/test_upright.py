"""Whether a face lies on its side is told by turning it."""

from __future__ import annotations

from copy import copy

import numpy as np
import pytest
from astronaut_scenes import scenes

from unmask.core.frames import Detection
from unmask.faces import FaceDetector
from unmask.faces.cascade import Cascade
from unmask.faces.upright import surer
from unmask.runtime.session import Feeds, Session

WHOLE = scenes()["whole.png"]


def _face(turns: int) -> tuple[np.ndarray, Detection]:
    """The astronaut turned counterclockwise, and her face as if it had been found all the same."""
    x0, y0, x1, y1 = 183.0, 60.0, 269.0, 174.0
    side = float(WHOLE.shape[0])
    for _ in range(turns):
        x0, y0, x1, y1 = y0, side - x1, y1, side - x0
    landmarks = np.zeros((5, 2), np.float32)
    return np.ascontiguousarray(np.rot90(WHOLE, turns)), Detection((x0, y0, x1, y1), 0.9, landmarks)


def test_an_upright_face_is_told_from_turned_ones(detector: FaceDetector) -> None:
    assert detector.turned([_face(turns) for turns in range(4)]) == [False, True, True, True]


@pytest.mark.parametrize("at", [(0, 0, 60, 60), (480, 480, 560, 560)])
def test_what_is_a_face_no_way_round_is_not_turned(
    detector: FaceDetector, at: tuple[float, float, float, float]
) -> None:
    nothing = Detection(at, 0.9, np.zeros((5, 2), np.float32))
    assert detector.turned([(np.full_like(WHOLE, 90), nothing)]) == [False]


def test_no_faces_are_no_answers(detector: FaceDetector) -> None:
    assert detector.turned([]) == []


class _Counted:
    """A session that notes how many pictures or patches it was asked about, call by call."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.asked: list[int] = []

    def run(self, feeds: Feeds) -> dict[str, np.ndarray]:
        self.asked += [len(values) for values in feeds.values()]
        return self._session.run(feeds)


def _counted(detector: FaceDetector) -> tuple[FaceDetector, dict[str, _Counted]]:
    copied, real = copy(detector), detector._cascade
    networks = {name: _Counted(getattr(real, name)) for name in ("pnet", "rnet", "onet")}
    copied._cascade = Cascade(**networks)
    return copied, networks


def test_a_face_that_is_surely_upright_is_not_turned_to_see(detector: FaceDetector) -> None:
    watched, networks = _counted(detector)
    assert watched.turned([_face(0)]) == [False]
    assert len(networks["pnet"].asked) == 1
    assert watched.turned([_face(0), _face(1)]) == [False, True]
    assert len(networks["pnet"].asked) == 1 + 2 + 3


def test_no_network_is_asked_about_nothing(detector: FaceDetector) -> None:
    watched, networks = _counted(detector)
    assert watched.detect([]) == []
    assert watched.turned([]) == []
    assert watched.detect([np.full((64, 64, 3), 90, np.uint8)]) == [[]]
    assert networks["rnet"].asked == networks["onet"].asked == []


def test_none_can_be_surer_than_one_that_is_surely_upright() -> None:
    assert not surer(1.0, 0.996)
    assert surer(1.0, 0.99)
    assert surer(0.9, 0.0)
    assert not surer(0.0, 0.0)
