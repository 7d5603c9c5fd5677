"""Faces of a camera: followed where they must be, else looked for everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.data import astronaut

from unmask.core.frames import Detection
from unmask.faces import FaceDetector, Follower
from unmask.faces.boxes import iou

ASTRONAUT = np.asarray(astronaut())
STEP_S = 0.04


def shown(*lefts: int, wide: int = 640) -> np.ndarray:
    """The astronaut's head before grey, so many pixels from the edge."""
    picture = np.full((360, wide, 3), 110, np.uint8)
    for left in lefts:
        picture[80:280, left : left + 200] = ASTRONAUT[20:220, 125:325]
    return picture


@pytest.fixture
def everywhere(detector: FaceDetector, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with each frame that P-Net is shown."""
    looked: list[int] = []
    usual = detector.detect

    def counted(images: list[np.ndarray]) -> list[list[Detection]]:
        looked.append(1)
        return usual(images)

    monkeypatch.setattr(detector, "detect", counted)
    return looked


def boxes(faces: list[Detection]) -> np.ndarray:
    return np.array([face.box for face in faces], np.float32).reshape(-1, 4)


def test_a_moving_face_is_where_a_look_everywhere_finds_it(
    detector: FaceDetector, everywhere: list[int]
) -> None:
    follower, usual = Follower(detector), FaceDetector.detect
    for at in range(20):
        image = shown(20 + 15 * at)
        found = follower.look(image, at * STEP_S)
        alone = usual(detector, [image])[0]
        assert len(found) == len(alone) == 1
        assert iou(boxes(found), boxes(alone))[0, 0] > 0.8
        off = np.linalg.norm(found[0].landmarks - alone[0].landmarks, axis=1).mean()
        assert off < 0.05 * alone[0].size
    assert len(everywhere) == 3  # at 0, 0.28 and 0.56 s


def test_a_face_that_jumps_is_found_in_the_same_frame(
    detector: FaceDetector, everywhere: list[int]
) -> None:
    follower = Follower(detector)
    follower.look(shown(20), 0.0)
    follower.look(shown(24), STEP_S)
    assert len(everywhere) == 1
    (face,) = follower.look(shown(400), 2 * STEP_S)
    assert face.box[0] > 400
    assert len(everywhere) == 2


def test_a_second_face_is_found_within_a_quarter_of_a_second(
    detector: FaceDetector, everywhere: list[int]
) -> None:
    follower = Follower(detector)
    follower.look(shown(20), 0.0)
    counts = [len(follower.look(shown(20, 400), at * STEP_S)) for at in range(1, 9)]
    assert counts[-1] == 2
    assert counts == sorted(counts)
    assert len(everywhere) == 2


def test_both_of_two_faces_are_followed(detector: FaceDetector, everywhere: list[int]) -> None:
    follower = Follower(detector)
    for at in range(6):
        found = follower.look(shown(10 + 8 * at, 420 - 8 * at), at * STEP_S)
        assert len(found) == 2
    assert len(everywhere) == 1


def test_without_a_face_every_frame_is_searched(
    detector: FaceDetector, everywhere: list[int]
) -> None:
    follower = Follower(detector)
    assert [follower.look(shown(), at * STEP_S) for at in range(3)] == [[]] * 3
    assert len(everywhere) == 3


@pytest.mark.parametrize("later_s", [0.0, -1.0, 0.3])
def test_after_a_pause_or_out_of_order_everything_is_searched(
    detector: FaceDetector, everywhere: list[int], later_s: float
) -> None:
    follower = Follower(detector)
    follower.look(shown(20), 10.0)
    assert len(follower.look(shown(400), 10.0 + later_s)) == 1
    assert len(everywhere) == 2
