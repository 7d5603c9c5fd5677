import json
from pathlib import Path

import numpy as np
import pytest
from astronaut_scenes import scenes

from unmask.core.deadline import Deadline
from unmask.core.errors import TimeBudgetExceeded, UsageError
from unmask.core.frames import Detection
from unmask.faces import FaceDetector
from unmask.faces.boxes import iou
from unmask.runtime import SessionOptions

SCENES = scenes()
REFERENCE = json.loads(Path(__file__).with_name("reference.json").read_text(encoding="utf-8"))


def boxes(faces: list[Detection]) -> np.ndarray:
    return np.array([face.box for face in faces], np.float32).reshape(-1, 4)


def assert_agrees(found: list[Detection], expected: list[dict[str, list[float]]]) -> None:
    """The same faces as PyPI ``mtcnn`` 1.0.0 finds, at about the same places."""
    assert len(found) == len(expected)
    for face in expected:
        overlap = iou(np.array([face["box"]], np.float32), boxes(found))[0]
        ours = found[int(overlap.argmax())]
        width = face["box"][2] - face["box"][0]
        off = np.linalg.norm(ours.landmarks - np.array(face["landmarks"]), axis=1)
        assert overlap.max() > 0.8
        assert off.max() < 0.04 * width
        assert ours.score == pytest.approx(face["score"], abs=0.03)


@pytest.mark.parametrize("name", sorted(SCENES))
def test_finds_what_the_reference_finds(detector: FaceDetector, name: str) -> None:
    assert_agrees(detector.detect([SCENES[name]])[0], REFERENCE[name]["faces"])


@pytest.mark.parametrize("name", ["third.png", "cut-left.png", "crowd.png"])
def test_onnxruntime_finds_the_same(name: str) -> None:
    pytest.importorskip("onnxruntime")
    portable = FaceDetector(SessionOptions(device="cpu", runtime="onnxruntime", threads=2))
    assert_agrees(portable.detect([SCENES[name]])[0], REFERENCE[name]["faces"])


def test_a_batch_gives_what_each_picture_gives_alone(detector: FaceDetector) -> None:
    names = ["half.png", "faceless.png", "third.png", "cut-below.png", "third.png"]
    together = detector.detect([SCENES[name] for name in names])
    for name, faces in zip(names, together, strict=True):
        alone = detector.detect([SCENES[name]])[0]
        np.testing.assert_allclose(boxes(faces), boxes(alone), atol=0.5)


def test_landmarks_are_eye_eye_nose_mouth_from_the_left_of_the_picture(
    detector: FaceDetector,
) -> None:
    for name in ("whole.png", "mirrored.png"):
        eye, other, nose, corner, far_corner = detector.detect([SCENES[name]])[0][0].landmarks
        assert eye[0] < nose[0] < other[0]
        assert corner[0] < nose[0] < far_corner[0]
        assert max(eye[1], other[1]) < nose[1] < min(corner[1], far_corner[1])


def test_boxes_end_at_the_picture(detector: FaceDetector) -> None:
    (face,) = detector.detect([SCENES["cut-left.png"]])[0]
    assert face.box[0] == 0


def test_a_larger_min_face_finds_the_larger_faces() -> None:
    picture = SCENES["crowd.png"]
    every = REFERENCE["crowd.png"]["faces"]
    large = [face["box"] for face in every if face["box"][3] - face["box"][1] > 40]
    coarse = FaceDetector(SessionOptions(device="cpu", threads=2), min_face=36)
    found = coarse.detect([picture])[0]
    assert len(large) <= len(found) < len(every)
    assert np.all(iou(np.array(large, np.float32), boxes(found)).max(axis=1) > 0.7)


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 500), (11, 11), (12, 12), (20, 20), (21, 33), (19, 900), (33_000, 24)]
)
def test_pictures_that_cannot_hold_a_face(detector: FaceDetector, shape: tuple[int, int]) -> None:
    assert detector.detect([np.full((*shape, 3), 127, np.uint8)]) == [[]]


def test_a_face_in_a_picture_too_long_for_16_bits(detector: FaceDetector) -> None:
    picture = np.zeros((SCENES["third.png"].shape[0], 33_000, 3), np.uint8)
    picture[:, -170:] = SCENES["third.png"]
    (face,) = FaceDetector(min_face=40).detect([picture])[0]
    (alone,) = detector.detect([SCENES["third.png"]])[0]
    assert face.box[0] - alone.box[0] == pytest.approx(33_000 - 170, abs=5)


def test_black_and_noise_have_no_faces(detector: FaceDetector) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    assert detector.detect([np.zeros((300, 400, 3), np.uint8), noise]) == [[], []]


def test_no_pictures(detector: FaceDetector) -> None:
    assert detector.detect([]) == []


def test_views_are_read_as_they_look(detector: FaceDetector) -> None:
    picture = SCENES["half.png"]
    backwards = np.ascontiguousarray(picture[..., ::-1])[..., ::-1]
    np.testing.assert_array_equal(
        boxes(detector.detect([backwards])[0]), boxes(detector.detect([picture])[0])
    )


def test_a_spent_deadline_ends_the_work(detector: FaceDetector) -> None:
    with pytest.raises(TimeBudgetExceeded, match="faces"):
        detector.detect([SCENES["half.png"]], deadline=Deadline.after(-1))


def test_a_face_smaller_than_the_first_window_is_refused() -> None:
    with pytest.raises(UsageError, match="12 pixels"):
        FaceDetector(min_face=11)


def test_finds_the_faces_of_a_real_clip(detector: FaceDetector, shared: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(shared / "data/clips/lipnet-bbaf2n.mpg")) as clip:
        picture = next(clip.decode(clip.streams.video[0])).to_ndarray(format="rgb24")
    (face,) = detector.detect([picture])[0]
    assert face.score > 0.98
    assert face.size > 80
