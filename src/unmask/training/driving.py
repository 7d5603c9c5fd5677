"""Which portraits an animator moves, and where to: as somebody in a film did, or as drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.synthesis import Animation, draw_path, draw_pose, flow_animation, posed, posed_frame
from unmask.training.films import Film
from unmask.training.material import Portrait, unit_frame

_BY_FILM = 0.6  # share of moves taken from a film, where there is one
_STEADY = np.array([0, 0, 1, 1, 1, 1, 0])  # of a pose, what does not change the face itself
_MOVES, _CLIPS = 21, 22  # salts
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """A still to be moved to ``wanted``, landmarks T×5×2 in shares of its side.

    ``real`` are the frames of the film it is the first of, and whose path it takes; else none.
    """

    still: Portrait
    wanted: NDArray[np.float32]
    real: tuple[Portrait, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class DrivenClip:
    """A drive, and what an animator drew for it: T records of its side."""

    drive: Drive
    frames: NDArray[np.void]

    def animations(self) -> list[Animation]:
        """One a frame."""
        picture = self.drive.still.picture()
        return [animation(picture, frame) for frame in self.frames]

    def landmarks(self) -> list[NDArray[np.float32]]:
        """Of each frame, 5×2 in the still's pixels."""
        shape = self.drive.still.picture().shape
        return [in_pixels(frame["landmarks"], shape) for frame in self.frames]


def animation(still: NDArray[np.uint8], moved: NDArray[np.void] | np.void) -> Animation:
    """A record of :func:`unmask.training.animator.record` at the still's size."""
    frame = unit_frame(in_pixels(moved["landmarks"], still.shape))
    return flow_animation(still, moved["picture"], moved["flow"], frame)


def in_pixels(shares: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Landmarks in shares of a picture's sides to its pixels."""
    return np.asarray(shares * np.array([shape[1], shape[0]]) - 0.5, dtype=np.float32)


def draw_moves(
    portraits: Sequence[Portrait], films: Sequence[Film], seed: int
) -> NDArray[np.float32]:
    """For each portrait where its landmarks go, N×5×2 in shares of its sides."""
    wanted = []
    for index, portrait in enumerate(portraits):
        rng = np.random.default_rng([seed, _MOVES, index])
        points, frame = portrait.landmarks.astype(np.float64), unit_frame(portrait.landmarks)
        if films and rng.random() < _BY_FILM:
            path = _changes(films[int(rng.integers(len(films)))])
            change = path[int(rng.integers(len(path)))]
            moved = _carried(points, frame, change, draw_pose(rng))
        else:
            moved = posed(points, frame, draw_pose(rng))
        wanted.append(_in_shares(moved, portrait))
    return np.stack(wanted)


def plan_drives(
    portraits: Sequence[Portrait], films: Sequence[Film], frames: int, clips: int, seed: int
) -> list[Drive]:
    """Every film with ``frames`` again out of its first one, then ``clips`` portraits."""
    long = [film for film in films if len(film.frames) >= frames]
    drives = [_again(film, frames) for film in long]
    order = np.random.default_rng([seed, _CLIPS]).permutation(len(portraits))
    for number, index in enumerate(order[:clips]):
        rng = np.random.default_rng([seed, _CLIPS, number])
        drives.append(_driven(portraits[int(index)], long, frames, rng))
    return drives


def _again(film: Film, frames: int) -> Drive:
    chosen = film.frames[:frames]
    wanted = [_in_shares(frame.landmarks.astype(np.float64), frame) for frame in chosen]
    return Drive(chosen[0], np.stack(wanted), chosen)


def _driven(still: Portrait, films: Sequence[Film], frames: int, rng: Generator) -> Drive:
    """Along the path of a film, held by a hand of its own; or along a drawn one."""
    points, frame = still.landmarks.astype(np.float64), unit_frame(still.landmarks)
    path = draw_path(frames, rng)
    if films and rng.random() < _BY_FILM:
        changes = _changes(films[int(rng.integers(len(films)))])[:frames]
        moved = [
            _carried(points, frame, change, pose)
            for change, pose in zip(changes, path, strict=True)
        ]
    else:
        moved = [posed(points, frame, pose) for pose in path]
    return Drive(still, np.stack([_in_shares(each, still) for each in moved]))


def _carried(points: Points, frame: Points, change: Points, pose: Points) -> Points:
    """Landmarks changed in their unit box, then turned and shifted as a whole."""
    inverse = np.linalg.inv(frame[:, :2])
    unit = (points - frame[:, 2]) @ inverse.T + change
    whole = posed_frame(frame, pose * _STEADY)
    return np.asarray(unit @ whole[:, :2].T + whole[:, 2])


def _changes(film: Film) -> list[Points]:
    """How the landmarks move in their own unit box, against the film's first frame."""
    units = []
    for portrait in film.frames:
        frame = unit_frame(portrait.landmarks)
        units.append((portrait.landmarks - frame[:, 2]) @ np.linalg.inv(frame[:, :2]).T)
    return [np.asarray(unit - units[0], np.float64) for unit in units]


def _in_shares(points: Points, portrait: Portrait) -> NDArray[np.float32]:
    shape = portrait.picture().shape
    return np.asarray((points + 0.5) / np.array([shape[1], shape[0]]), dtype=np.float32)
