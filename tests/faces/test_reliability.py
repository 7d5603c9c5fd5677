from fractions import Fraction

from made_up_faces import face_at

from unmask.core.frames import Sighting, Track
from unmask.faces import doubtful_faces


def test_flickering_is_doubtful_and_staying_is_not() -> None:
    def track(face: int, window: int, count: int, score: float) -> Track:
        found = face_at(100, score=score)
        return Track(face, window, tuple(Sighting(n, Fraction(n), found) for n in range(count)))

    tracks = [
        track(0, 0, 8, 0.97),
        track(0, 1, 8, 0.97),
        track(1, 1, 1, 0.93),  # one frame of eight
        track(2, 0, 6, 0.945),  # a pair of hands …
        track(2, 1, 1, 0.86),  # … that look less like a face later
        track(3, 1, 3, 0.998),  # somebody who comes in late
        track(4, 0, 5, 0.85),
    ]
    assert doubtful_faces(tracks, [8, 8]) == {1, 2}


def test_a_picture_has_no_doubtful_faces() -> None:
    sighting = Sighting(0, Fraction(0), face_at(100, score=0.81))
    assert doubtful_faces([Track(0, 0, (sighting,))], [1]) == frozenset()


def test_no_tracks() -> None:
    assert doubtful_faces([], []) == frozenset()
