"""Windows of frames of a sample, whatever kind it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask.clips import plan_windows
from unmask.core.deadline import Deadline
from unmask.core.errors import DataError
from unmask.core.frames import Frame, Window, WindowPlan
from unmask.datasets.opening import frame_files
from unmask.datasets.prepare.options import PrepareOptions
from unmask.datasets.sample import Sample
from unmask.video import DamageCount, probe, read_windows

# Folders of frames do not tell their rate. The tracker wants rising times; nobody else sees these.
_NOMINAL = Fraction(1, 25)
_ONCE = [WindowPlan(Fraction(0), Fraction(1), 1, Fraction(1))]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A window, and the names of its frames where they are files (their times mean nothing)."""

    window: Window
    names: tuple[str, ...] = ()


def looks(
    path: Path, sample: Sample, options: PrepareOptions, deadline: Deadline
) -> Iterator[Look]:
    """The windows of a video or picture, or of a folder of frames. Raises the errors of video."""
    if sample.kind == "frames-folder":
        yield from _folder(path, sample, options, deadline)
        return
    info = probe(path, deadline=deadline)
    plans = plan_windows(
        info.duration_s,
        clips=min(options.clips, options.max_frames),
        frames=options.frames_per_clip,
        step_s=options.step_s,
    )
    for window in read_windows(path, info, plans, deadline=deadline, damage=DamageCount()):
        yield Look(window)


def _folder(
    path: Path, sample: Sample, options: PrepareOptions, deadline: Deadline
) -> Iterator[Look]:
    """Neighbouring frames, from places spread over the folder."""
    files = frame_files(path, sample)
    if not files:
        raise DataError(f"{path} holds no frames", hint="extract its archive again")
    length = options.frames_per_clip
    count = max(1, min(options.clips, options.max_frames, len(files) // length))
    for slot in range(count):
        start = slot * len(files) // count
        chosen = list(enumerate(files))[start : start + length]
        frames = [Frame(at * _NOMINAL, _picture(file, deadline)) for at, file in chosen]
        yield Look(Window(tuple(frames)), tuple(file.name for _, file in chosen))


def _picture(path: Path, deadline: Deadline) -> NDArray[np.uint8]:
    info = probe(path, deadline=deadline)
    windows = read_windows(path, info, _ONCE, deadline=deadline, damage=DamageCount())
    return next(windows).frames[0].image
