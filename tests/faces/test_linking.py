from fractions import Fraction

import numpy as np
import pytest
from made_up_faces import face_at
from skimage.data import astronaut

from unmask.core.frames import Detection, Frame
from unmask.faces import FaceTracker
from unmask.faces.linking import _around
from unmask.faces.shots import look, same_shot

SCENE = astronaut()[::4, ::4]
OTHER = 255 - SCENE


def window(
    start: float, detections: list[list[Detection]], scene: np.ndarray = SCENE
) -> tuple[list[Frame], list[list[Detection]]]:
    times = [Fraction(start) + Fraction(at, 10) for at in range(len(detections))]
    return [Frame(time, scene) for time in times], detections


def test_faces_keep_their_numbers_across_windows() -> None:
    tracker = FaceTracker()
    first = tracker.add(*window(0, [[face_at(100), face_at(300)]] * 3))
    second = tracker.add(*window(5, [[face_at(330), face_at(110)]] * 3))
    assert [(t.face, t.window) for t in first] == [(0, 0), (1, 0)]
    assert [(t.face, t.window) for t in second] == [(0, 1), (1, 1)]


def test_a_newcomer_gets_a_new_number() -> None:
    tracker = FaceTracker()
    tracker.add(*window(0, [[face_at(300)]]))
    tracks = tracker.add(*window(5, [[face_at(20), face_at(300)]]))
    assert [track.face for track in tracks] == [1, 0]


def test_a_face_that_comes_back_after_windows_without_it() -> None:
    tracker = FaceTracker()
    tracker.add(*window(0, [[face_at(100)]]))
    assert tracker.add(*window(5, [[]])) == []
    (track,) = tracker.add(*window(9, [[face_at(120)]]))
    assert (track.face, track.window) == (0, 2)


def test_a_face_far_from_all_known_is_new() -> None:
    tracker = FaceTracker()
    tracker.add(*window(0, [[face_at(100)]]))
    (far,) = tracker.add(*window(5, [[face_at(400)]]))
    (larger,) = tracker.add(*window(9, [[face_at(100, side=140)]]))
    assert (far.face, larger.face) == (1, 2)


def test_after_a_change_of_scene_only_the_same_place_counts() -> None:
    tracker = FaceTracker()
    tracker.add(*window(0, [[face_at(100)]]))
    (moved,) = tracker.add(*window(5, [[face_at(160)]], OTHER))
    assert moved.face == 1
    (back,) = tracker.add(*window(9, [[face_at(105)]]))
    assert back.face == 0
    (here,) = FaceTracker().add(*window(0, [[face_at(100)]]))
    assert here.face == 0


def with_face(scene: np.ndarray, face: np.ndarray, x: int = 64, y: int = 48) -> np.ndarray:
    """A scene with a square put about a place."""
    made, half = scene.copy(), face.shape[0] // 2
    made[y - half : y + half, x - half : x + half] = face[: 2 * half, : 2 * half]
    return made


HERS = astronaut()[30:190:2, 140:300:2]  # 80×80: 1.6 times a face of 50
HIS = np.ascontiguousarray(255 - HERS[::-1])
BARS = np.zeros((128, 360, 3), np.uint8)


def test_another_person_at_the_same_place_after_a_cut_is_another_face() -> None:
    """As in interviews: she, he, she, he."""
    tracker = FaceTracker()
    scenes = [with_face(SCENE, HERS), with_face(OTHER, HIS)] * 2
    found = [
        track.face
        for at, scene in enumerate(scenes)
        for track in tracker.add(*window(4 * at, [[face_at(64, 48)]] * 2, scene))
    ]
    assert found == [0, 1, 0, 1]


def test_a_person_before_another_background_is_the_same_face() -> None:
    tracker = FaceTracker()
    tracker.add(*window(0, [[face_at(64, 48)]], with_face(SCENE, HERS)))
    (track,) = tracker.add(*window(4, [[face_at(70, 48)]], with_face(OTHER, HERS, 70)))
    assert track.face == 0


def test_people_between_the_same_bars_are_two_faces() -> None:
    """So much of the frame is black in both that the scene seems to be the same."""
    tracker = FaceTracker()
    her, him = with_face(BARS, HERS, 180), with_face(BARS, HERS[::-1, ::-1], 180)
    assert same_shot(look(her), look(him))
    tracker.add(*window(0, [[face_at(180, 48)]], her))
    (track,) = tracker.add(*window(4, [[face_at(180, 48)]], him))
    assert track.face == 1


@pytest.mark.parametrize("change", [lambda scene: scene // 2, lambda scene: np.roll(scene, 5, 1)])
def test_a_person_in_other_light_or_a_little_aside_is_the_same_face(change) -> None:
    tracker = FaceTracker()
    tracker.add(*window(0, [[face_at(64, 48)]], with_face(SCENE, HERS)))
    (track,) = tracker.add(*window(4, [[face_at(64, 48)]], change(with_face(SCENE, HERS))))
    assert track.face == 0


@pytest.mark.parametrize(
    ("x", "side", "same"),
    [(275, 50, True), (285, 50, False), (180, 97, True), (180, 103, False)],
)
def test_in_an_unchanged_scene_there_is_time_to_lean_over(x: float, side: float, same: bool):
    """By two sizes, or to half or twice the size: before a plain wall nothing else tells."""
    tracker = FaceTracker()
    tracker.add(*window(0, [[face_at(180, 64)]], BARS))
    (track,) = tracker.add(*window(5, [[face_at(x, 64, side)]], BARS))
    assert (track.face == 0) == same


@pytest.mark.parametrize(
    ("x", "side", "same"),
    [(103, 50, True), (107, 50, False), (64, 74, True), (64, 78, False)],
)
def test_in_another_scene_only_about_the_same_place_is_a_reason(x: int, side: float, same: bool):
    tracker = FaceTracker()
    tracker.add(*window(0, [[face_at(64, 64)]], np.full_like(BARS, 90)))
    scene = np.zeros_like(BARS)
    scene[:, : x + 80] = 90  # alike around, and dark elsewhere
    (track,) = tracker.add(*window(5, [[face_at(x, 64, side)]], scene))
    assert not same_shot(look(np.full_like(BARS, 90)), look(scene))
    assert (track.face == 0) == same


def test_who_is_seen_beside_somebody_is_somebody_else() -> None:
    """Also where the one is seen for the last time as the other is seen for the first."""
    faces = [[face_at(100)], [face_at(100), face_at(150)], [face_at(150)]]
    tracks = FaceTracker().add(*window(0, faces, BARS))
    assert [(track.face, len(track.sightings)) for track in tracks] == [(0, 2), (1, 2)]


def test_a_face_beyond_the_edge_of_the_picture_has_a_number() -> None:
    (track,) = FaceTracker().add(*window(0, [[face_at(-900, 9000)]]))
    assert track.face == 0


@pytest.mark.parametrize("place", [(-900, 40), (900, 40), (40, -900), (40, 900), (-900, 900)])
@pytest.mark.parametrize("size", [(80, 60), (1, 1)])
def test_something_is_about_a_face_wherever_it_lies(place: tuple[int, int], size: tuple[int, int]):
    seen = _around(np.zeros((*size, 3), np.uint8), face_at(*place))
    assert seen.size > 0


def test_what_is_about_a_face_is_half_its_side_more() -> None:
    column = np.broadcast_to(np.arange(200, dtype=np.uint8)[None, :, None], (160, 200, 3))
    seen = _around(column, face_at(100, 80, 40))
    assert seen.shape == (60, 60, 3)
    assert (seen[0, 0, 0], seen[0, -1, 0]) == (70, 129)
    assert _around(column, face_at(10, 80, 40)).shape == (60, 40, 3)  # as far as there is anything


def test_a_cut_within_a_window_parts_tracks() -> None:
    faces = [[face_at(100)]] * 4
    frames = window(0, faces)[0][:2] + window(0, faces, OTHER)[0][2:]
    tracks = FaceTracker().add(frames, faces)
    assert [[s.frame for s in track.sightings] for track in tracks] == [[0, 1], [2, 3]]


def test_two_faces_seen_together_never_share_a_number() -> None:
    tracker = FaceTracker()
    tracker.add(*window(0, [[face_at(100)]]))
    tracks = tracker.add(*window(5, [[face_at(85)], [face_at(85), face_at(130)]]))
    assert sorted(track.face for track in tracks) == [0, 1]


def test_a_window_without_frames() -> None:
    assert FaceTracker().add([], []) == []
