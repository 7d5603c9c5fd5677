"""Decoded frames are megabytes each: none may wait for Python's next sweep to be freed."""

from __future__ import annotations

import gc
from pathlib import Path

import av
from av.filter import Graph
from media_factory import plan, sample, write
from test_fields import at, woven
from test_fields import film as combed


def test_no_frame_outlives_its_window(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4")
    gc.collect()
    gc.disable()
    try:
        (frames,) = sample(path, plan(0, 10, 4, 0.1))
        taken = len(frames)
        del frames  # whose pixels are a frame's own
        # By type: isinstance would ask objects of others, some of which answer with a warning.
        left = sum(issubclass(type(thing), av.VideoFrame) for thing in gc.get_objects())
    finally:
        gc.enable()
    assert taken == 4
    assert left == 0


def test_no_frame_outlives_the_half_that_was_taken_of_it(tmp_path: Path) -> None:
    frames = [woven(at(2 * k), at(2 * k + 1), "yuv420p") for k in range(3)]
    path = combed(tmp_path / "combed.mkv", frames)
    del frames
    gc.collect()
    gc.disable()
    try:
        sample(path, plan(0, 10, 3, 0.04))
        left = sum(issubclass(type(thing), av.VideoFrame | Graph) for thing in gc.get_objects())
    finally:
        gc.enable()
    assert left == 0
