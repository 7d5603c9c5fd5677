"""Telling faces from what the detector took for one now and then."""

from __future__ import annotations

from collections.abc import Sequence

from unmask.core.frames import Track

_SHOULD_SHOW = 0.5
_SURE = 0.99


def doubtful_faces(tracks: Sequence[Track], frames: Sequence[int]) -> frozenset[int]:
    """Numbers of the faces that are probably none: hands, prints on shirts, foliage.

    ``frames[w]`` is how many frames window w has. A face should show: its scores, summed over
    its sightings, should come to half a point a frame of the windows it is seen in, or else be
    0.99 at the mean (someone passing through). On real clips such errors flicker, with means of
    0.80 to 0.985, while faces were seen in every frame, with means over 0.97. A lone picture's
    faces are never doubtful: there is nothing to compare with.
    """
    scores: dict[int, list[float]] = {}
    windows: dict[int, set[int]] = {}
    for track in tracks:
        seen = [sighting.detection.score for sighting in track.sightings]
        scores.setdefault(track.face, []).extend(seen)
        windows.setdefault(track.face, set()).add(track.window)
    return frozenset(
        face
        for face, seen in scores.items()
        if sum(seen) < _SHOULD_SHOW * sum(frames[window] for window in windows[face])
        and sum(seen) < _SURE * len(seen)
    )
