"""Following faces through the frames of one window, by geometry alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from unmask.core.frames import Detection, Frame, Sighting
from unmask.faces.assignment import Pairs, assign

_LONGEST_GAP_S = Fraction(3, 5)  # a face missed for longer begins a new track
_OCTAVES = 0.7  # by which a face's size may change from one sighting to the next: 1.6 times
_ROWS = 256  # of the table of distances held at once
Floats = NDArray[np.float64]


def follow(
    frames: Sequence[Frame], detections: Sequence[Sequence[Detection]], shots: Sequence[int]
) -> list[tuple[Sighting, ...]]:
    """One run of sightings for each face: in a shot, without a gap over 0.6 s.

    ``detections`` and ``shots`` (each frame's shot number, rising) go with ``frames``. Every
    detection is in exactly one run, a run has at most one sighting a frame; runs come by first
    frame, then from left to right. The order of a frame's detections does not matter.
    """
    runs: list[list[Sighting]] = []
    ends: list[int] = []  # the shot that each run is in
    for at, frame in enumerate(frames):
        sightings = [
            Sighting(at, frame.time, detection)
            for detection in sorted(detections[at], key=_from_left)
        ]
        open_runs = [
            number
            for number, run in enumerate(runs)
            if ends[number] == shots[at] and frame.time - run[-1].time <= _LONGEST_GAP_S
        ]
        found = _continued([runs[number] for number in open_runs], sightings, frame.time)
        taken = {new: open_runs[old] for old, new in found}
        for new, sighting in enumerate(sightings):
            if new in taken:
                runs[taken[new]].append(sighting)
            else:
                runs.append([sighting])
                ends.append(shots[at])
    return [tuple(run) for run in runs]


def places(detections: Sequence[Detection]) -> tuple[Floats, Floats]:
    """Centres N×2 and sizes N (geometric mean of the sides) of boxes, in pixels."""
    boxes = np.array([detection.box for detection in detections], np.float64).reshape(-1, 4)
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3)
    return (boxes[:, :2] + boxes[:, 2:]) / 2, np.sqrt(sides.prod(axis=1))


def nearest(
    old: tuple[Floats, Floats],
    new: tuple[Floats, Floats],
    reach: Floats,
    octaves: Floats,
    *,
    fits: Callable[[int, int], bool] | None = None,
) -> Pairs:
    """Optimal pairs of old and new places (centres, sizes).

    A pair is possible when the distance in units of the mean size, over the old one's ``reach``,
    and the change of size in octaves, over its ``octaves``, are together (root of squares) under 1,
    and when ``fits`` says so of their indices.
    """
    parts = [
        _possible(old, new, reach, octaves, slice(start, start + _ROWS))
        for start in range(0, len(reach), _ROWS)
    ]
    if not parts or not len(new[1]):
        return []
    rows, columns, costs = (np.concatenate(part) for part in zip(*parts, strict=True))
    if fits is not None:
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        kept = np.fromiter((fits(row, column) for row, column in pairs), bool, len(rows))
        rows, columns, costs = rows[kept], columns[kept], costs[kept]
    return assign(rows, columns, costs)


def _possible(
    old: tuple[Floats, Floats],
    new: tuple[Floats, Floats],
    reach: Floats,
    octaves: Floats,
    rows: slice,
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    size = (old[1][rows, None] + new[1][None]) / 2
    distance = np.linalg.norm(old[0][rows, None] - new[0][None], axis=-1) / size
    change = np.log2(new[1][None] / old[1][rows, None])
    cost = np.hypot(distance / reach[rows, None], change / octaves[rows, None])
    row, column = np.nonzero(cost < 1)
    return row + rows.start, column, cost[row, column]


def _continued(
    runs: Sequence[Sequence[Sighting]], sightings: Sequence[Sighting], now: Fraction
) -> Pairs:
    if not runs or not sightings:
        return []
    old = places([run[-1].detection for run in runs])
    waits = np.array([float(now - run[-1].time) for run in runs])
    expected = old[0] + np.array([_velocity(run) for run in runs]) * waits[:, None]
    # A head crosses about three of its widths in a second; half a width is play.
    reach = np.minimum(0.5 + 3 * waits, 1.5)
    new = places([sighting.detection for sighting in sightings])
    return nearest((expected, old[1]), new, reach, np.full(len(runs), _OCTAVES))


def _velocity(run: Sequence[Sighting]) -> Floats:
    """Pixels a second over the last three sightings; none after the first."""
    recent = run[-3:]
    if len(recent) == 1:
        return np.zeros(2)
    centres, _ = places([sighting.detection for sighting in (recent[0], recent[-1])])
    velocity: Floats = (centres[1] - centres[0]) / float(recent[-1].time - recent[0].time)
    return velocity


def _from_left(detection: Detection) -> tuple[float, ...]:
    return (*detection.box, detection.score, *detection.landmarks.ravel().tolist())
