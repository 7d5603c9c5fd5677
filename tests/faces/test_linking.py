from fractions import Fraction

import numpy as np
from made_up_faces import face_at
from skimage.data import astronaut

from unmask.core.frames import Detection, Frame
from unmask.faces import FaceTracker

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
    (back,) = tracker.add(*window(9, [[face_at(145)]]))
    assert back.face in (0, 1)
    (here,) = FaceTracker().add(*window(0, [[face_at(100)]]))
    assert here.face == 0


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
