"""Faces between key frames: where they are expected, and that hardly any is lost for it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from skimage.data import astronaut

from unmask.core.frames import Detection, Frame
from unmask.faces import FaceDetector
from unmask.faces.between import expected, key_frames
from unmask.faces.boxes import iou

ASTRONAUT = np.asarray(astronaut())


def face(left: float, top: float, side: float, score: float = 0.99) -> Detection:
    return Detection((left, top, left + side, top + side), score, np.zeros((5, 2), np.float32))


def window(images: list[np.ndarray], step: Fraction = Fraction(3, 25)) -> list[Frame]:
    return [Frame(step * at, image) for at, image in enumerate(images)]


def shown(left: int) -> np.ndarray:
    """The astronaut's head before grey, ``left`` pixels from the edge."""
    picture = np.full((360, 640, 3), 110, np.uint8)
    picture[80:280, left : left + 200] = ASTRONAUT[20:220, 125:325]
    return picture


def passes(detector: FaceDetector, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by the number of pictures that P-Net is shown."""
    looked: list[int] = []
    usual = detector.detect

    def counted(images: list[np.ndarray], **options: object) -> list[list[Detection]]:
        looked.append(len(images))
        return usual(images, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(detector, "detect", counted)
    return looked


@pytest.mark.parametrize(
    ("times", "keys"),
    [
        ([], []),
        ([0], [0]),
        ([0, 3], [1]),
        ([3 * at for at in range(5)], [2]),  # short: the middle one alone
        ([4 * at for at in range(5)], [0, 3, 4]),  # not so short
        ([3 * at for at in range(8)], [0, 4, 7]),  # 0.12 s apart
        (list(range(9)), [0, 4, 8]),  # each frame of 25 a second
        ([10 * at for at in range(4)], [0, 1, 2, 3]),  # too far apart to follow anything
        ([0, 1, 2, 30, 31, 32], [0, 2, 3, 5]),  # a gap
    ],
)
def test_key_frames(times: list[int], keys: list[int]) -> None:
    assert key_frames([Fraction(time, 25) for time in times]) == keys


def test_a_face_of_both_key_frames_is_expected_on_its_way() -> None:
    faces = expected([face(100, 50, 40)], [face(120, 50, 44)], 0.25)
    assert faces.boxes.tolist() == [[105, 50, 146, 91]]
    assert not faces.missing_in([face(108, 52, 40)])
    assert faces.missing_in([face(150, 52, 40)])
    assert faces.missing_in([])


def test_a_face_of_one_key_frame_must_be_there_only_if_it_is_sure() -> None:
    before, after = [face(0, 0, 40, 0.9)], [face(300, 0, 40, 0.99)]
    faces = expected(before, after, 0.5)
    assert faces.boxes.tolist() == [[0, 0, 40, 40], [300, 0, 340, 40]]
    assert faces.sure.tolist() == [False, True]
    assert not faces.missing_in([face(300, 0, 40)])
    assert faces.missing_in([face(0, 0, 40)])
    assert not expected([], [], 0.5).missing_in([])


def test_proposals_lie_about_the_expected_place() -> None:
    proposed = expected([face(100, 50, 40)], [face(100, 50, 40)], 0.5).proposals()
    assert proposed.shape == (15, 4)
    assert iou(proposed, np.array([[100, 50, 140, 90]], np.float32)).min() > 0.5


@pytest.mark.parametrize(
    ("frames", "apart", "looks"),
    [(8, 20, [3, 0]), (5, 10, [1, 0])],  # at the key frames, and at no frame again
)
def test_a_moving_head_is_found_as_in_single_frames(
    detector: FaceDetector,
    monkeypatch: pytest.MonkeyPatch,
    frames: int,
    apart: int,
    looks: list[int],
) -> None:
    images = [shown(60 + apart * at) for at in range(frames)]
    alone = detector.detect(images)
    looked = passes(detector, monkeypatch)
    found = detector.detect_window(window(images))
    assert looked == looks
    for old, new in zip(alone, found, strict=True):
        (one,), (other,) = old, new
        assert iou(np.array([one.box], np.float32), np.array([other.box], np.float32)) > 0.8
        assert np.abs(one.landmarks - other.landmarks).mean() < 0.03 * one.size


def test_who_is_away_for_a_moment_is_looked_for_everywhere(
    detector: FaceDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = [np.full((360, 640, 3), 110, np.uint8), shown(420)]
    images = [shown(100), away[0], away[1], shown(100), shown(100)]
    looked = passes(detector, monkeypatch)
    found = detector.detect_window(window(images))
    assert looked == [1, 4]
    assert [len(faces) for faces in found] == [1, 0, 1, 1, 1]
    assert found[2][0].box[0] > 400


def test_where_the_middle_shows_nobody_the_first_frame_is_asked(
    detector: FaceDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [shown(100)] * 5
    images[2] = np.full((360, 640, 3), 110, np.uint8)
    looked = passes(detector, monkeypatch)
    found = detector.detect_window(window(images))
    assert looked == [1, 1, 1]  # the middle, the first, and the middle again, where one should be
    assert [len(faces) for faces in found] == [1, 1, 0, 1, 1]


def test_a_window_without_a_face(detector: FaceDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = passes(detector, monkeypatch)
    blank = np.full((90, 160, 3), 110, np.uint8)
    assert detector.detect_window(window([blank] * 8)) == [[]] * 8
    assert looked == [3, 0]
    assert detector.detect_window([]) == []
