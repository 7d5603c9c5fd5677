"""Numbering faces across windows, by place, size, and what is seen about them at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from unmask.core.frames import Detection, Frame, Sighting, Track
from unmask.faces.shots import Look, look, same_shot, shots
from unmask.faces.tracking import follow, nearest, places

# (distance in face sizes, change of size in octaves) by which a face may have moved meanwhile. In
# an unchanged scene there is time to lean over; elsewhere only the same place is a reason.
_SAME_SCENE, _OTHER_SCENE = (2.0, 1.0), (0.8, 0.6)

# Films with cuts put one person where another was. So the square of 1.5 times the face's side must
# look as if the shot went on: hair, collar and wall change with the person. Where the whole frame
# is as it was, a turned head or a lamp is likelier than a cut, and they may differ by half as much
# again; but black bars and studios are alike around different people.
_AROUND, _SLACK = 1.5, 1.5


@dataclass(frozen=True, slots=True)
class _Seen:
    """A face, when, and what the frame and the face's surroundings looked like."""

    detection: Detection
    time: Fraction
    scene: Look
    around: Look


class FaceTracker:
    """Follows faces through windows given in order of time; keeps no pictures."""

    def __init__(self) -> None:
        self._window = 0
        self._known: list[_Seen] = []

    def add(
        self, frames: Sequence[Frame], detections: Sequence[Sequence[Detection]]
    ) -> list[Track]:
        """The tracks of the next window, by first frame, then from left to right.

        ``detections[i]`` are the faces of ``frames[i]``. A shot change ends a track. The number
        of a face is the one of the last face seen near its place, with about its size and alike
        around; a new one where there is none: "the same place in the scene", never "the same
        person".
        """
        numbers, looks = shots(frames)

        def seen(one: Sighting) -> _Seen:
            around = look(_around(frames[one.frame].image, one.detection))
            return _Seen(one.detection, one.time, looks[one.frame], around)

        tracks = []
        for runs in _starting_together(follow(frames, detections, numbers)):
            faces = self._numbered([seen(run[0]) for run in runs])
            for run, face in zip(runs, faces, strict=True):
                self._known[face] = seen(run[-1])
                tracks.append(Track(face, self._window, run))
        self._window += 1
        return tracks

    def _numbered(self, starts: Sequence[_Seen]) -> list[int]:
        """The face of each first sighting of one frame, known or new (and then in the list)."""
        free = [n for n, known in enumerate(self._known) if known.time < starts[0].time]
        scene = starts[0].scene
        same = [same_shot(self._known[n].scene, scene) for n in free]
        limits = np.array([_SAME_SCENE if one else _OTHER_SCENE for one in same]).reshape(-1, 2)

        def alike(old: int, new: int) -> bool:
            before = self._known[free[old]].around
            return same_shot(before, starts[new].around, slack=_SLACK if same[old] else 1.0)

        pairs = nearest(
            places([self._known[n].detection for n in free]),
            places([start.detection for start in starts]),
            limits[:, 0],
            limits[:, 1],
            fits=alike,
        )
        found = {new: free[old] for old, new in pairs}
        faces = []
        for at, start in enumerate(starts):
            if at not in found:
                found[at] = len(self._known)
                self._known.append(start)
            faces.append(found[at])
        return faces


def _around(image: NDArray[np.uint8], face: Detection) -> NDArray[np.uint8]:
    """A face and what is close about it, as far as it lies in the picture; never empty."""
    (centre,), (size,) = places([face])
    height, width = image.shape[:2]
    reach = _AROUND / 2 * size
    x0, y0 = np.clip(centre - reach, 0, (width - 1, height - 1)).astype(int)
    x1, y1 = np.clip(centre + reach, (x0 + 1, y0 + 1), (width, height)).astype(int)
    return image[y0:y1, x0:x1]


def _starting_together(
    runs: Sequence[tuple[Sighting, ...]],
) -> Iterator[list[tuple[Sighting, ...]]]:
    for _, together in groupby(runs, key=lambda run: run[0].frame):
        yield list(together)
