"""Numbering faces across windows, by position and size alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

import numpy as np

from unmask.core.frames import Detection, Frame, Sighting, Track
from unmask.faces.shots import Look, same_shot, shots
from unmask.faces.tracking import follow, nearest, places

# (distance in face sizes, change of size in octaves) by which a face may have moved meanwhile. In
# an unchanged scene there is time to lean over; elsewhere only the same place is a reason.
_SAME_SCENE, _OTHER_SCENE = (2.0, 1.0), (0.8, 0.6)


@dataclass(slots=True)
class _Known:
    """Where a face was last seen."""

    detection: Detection
    time: Fraction
    look: Look


class FaceTracker:
    """Follows faces through windows given in order of time; keeps no pictures."""

    def __init__(self) -> None:
        self._window = 0
        self._known: list[_Known] = []

    def add(
        self, frames: Sequence[Frame], detections: Sequence[Sequence[Detection]]
    ) -> list[Track]:
        """The tracks of the next window, by first frame, then from left to right.

        ``detections[i]`` are the faces of ``frames[i]``. A shot change ends a track. The number
        of a face is the one of the last face seen near its place with about its size, a new one
        where there is none: "the same place", never "the same person".
        """
        numbers, looks = shots(frames)
        tracks = []
        for runs in _starting_together(follow(frames, detections, numbers)):
            faces = self._numbered([run[0] for run in runs], looks[runs[0][0].frame])
            for run, face in zip(runs, faces, strict=True):
                end = run[-1]
                self._known[face] = _Known(end.detection, end.time, looks[end.frame])
                tracks.append(Track(face, self._window, run))
        self._window += 1
        return tracks

    def _numbered(self, starts: Sequence[Sighting], look: Look) -> list[int]:
        """The face of each first sighting of one frame, known or new (and then in the list)."""
        free = [n for n, known in enumerate(self._known) if known.time < starts[0].time]
        limits = np.array(
            [_SAME_SCENE if same_shot(self._known[n].look, look) else _OTHER_SCENE for n in free]
        ).reshape(-1, 2)
        old = places([self._known[n].detection for n in free])
        new = places([start.detection for start in starts])
        found = {new: free[old] for old, new in nearest(old, new, limits[:, 0], limits[:, 1])}
        faces = []
        for at, start in enumerate(starts):
            if at not in found:
                found[at] = len(self._known)
                self._known.append(_Known(start.detection, start.time, look))
            faces.append(found[at])
        return faces


def _starting_together(
    runs: Sequence[tuple[Sighting, ...]],
) -> Iterator[list[tuple[Sighting, ...]]]:
    for _, together in groupby(runs, key=lambda run: run[0].frame):
        yield list(together)
