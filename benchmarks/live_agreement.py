"""What it changes that the live page follows faces instead of looking everywhere in each frame.

    python benchmarks/live_agreement.py CLIPS/ [CLIPS/ ...] [--limit N] [--seconds S]

The first seconds of every clip go frame by frame, 640 pixels wide at most as the page sends them,
through the follower and through detection of each frame by itself. Faces match at an intersection
over union of 0.7; a face is lost or new where the other way has none that overlaps it by 0.4.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.core.frames import Detection
from unmask.faces import FaceDetector, Follower
from unmask.faces.boxes import iou
from unmask.pipeline.live import MIN_FACE
from unmask.runtime import SessionOptions
from unmask.video.suffixes import SUFFIXES

WIDE = 640
SAME, THERE = 0.7, 0.4


@dataclass
class Tally:
    """Counts, overlaps and CPU seconds over frames."""

    frames: int = 0
    alone: int = 0
    followed: int = 0
    same: int = 0
    lost: int = 0
    new: int = 0
    overlaps: list[float] = field(default_factory=list)
    landmarks: list[float] = field(default_factory=list)
    alone_s: float = 0.0
    followed_s: float = 0.0

    def add(self, alone: Sequence[Detection], followed: Sequence[Detection]) -> None:
        """Count one frame."""
        self.frames += 1
        self.alone += len(alone)
        self.followed += len(followed)
        overlaps = iou(boxes(alone), boxes(followed))
        self.lost += int((overlaps.max(axis=1, initial=0.0) < THERE).sum())
        self.new += int((overlaps.max(axis=0, initial=0.0) < THERE).sum())
        if not overlaps.size:
            return
        for row, one in enumerate(alone):
            column = int(overlaps[row].argmax())
            self.same += bool(overlaps[row, column] >= SAME)
            if overlaps[row, column] >= THERE:
                self.overlaps.append(float(overlaps[row, column]))
                off = np.linalg.norm(one.landmarks - followed[column].landmarks, axis=1)
                self.landmarks.append(float(off.mean()) / one.size)


def boxes(faces: Sequence[Detection]) -> NDArray[np.float32]:
    """N×4."""
    return np.array([face.box for face in faces], np.float32).reshape(-1, 4)


def frames(path: Path, seconds: float) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Time and RGB pixels of the first frames."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time is None or frame.time > seconds:
                return
            image = frame.to_ndarray(format="rgb24")
            scale = min(1.0, WIDE / image.shape[1])
            if scale < 1:
                size = (WIDE, round(image.shape[0] * scale))
                image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            yield frame.time, image


def measure(detector: FaceDetector, path: Path, seconds: float, tally: Tally) -> None:
    """Both ways through one clip."""
    follower = Follower(detector)
    for time_s, image in frames(path, seconds):
        start = time.process_time()
        alone = detector.detect([image])[0]
        between = time.process_time()
        followed = follower.look(image, time_s)
        tally.followed_s += time.process_time() - between
        tally.alone_s += between - start
        tally.add(alone, followed)


def main() -> None:
    """Measure every clip and print the sums."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, help="clips, drawn at random")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each clip")
    given = parser.parse_args()
    clips = sorted(p for f in given.folders for p in f.iterdir() if p.suffix.lower() in SUFFIXES)
    random.Random(0).shuffle(clips)
    detector, tally, read = FaceDetector(SessionOptions(threads=1), min_face=MIN_FACE), Tally(), 0
    for path in clips[: given.limit]:
        try:
            measure(detector, path, given.seconds, tally)
            read += 1
        except (av.error.FFmpegError, IndexError) as error:  # a picture, or damaged
            print(f"{path.name}: {error}")
    print(f"{read} clips, {tally.frames} frames")
    print(f"faces: {tally.alone} alone, {tally.followed} followed; {tally.same} the same, "
          f"{tally.lost} lost, {tally.new} new")  # fmt: skip
    median, least = np.quantile(tally.overlaps or [0.0], [0.5, 0.01])
    print(f"overlap of those in both: {median:.3f} at the median, {least:.3f} at 1 %")
    middle, far = np.quantile(tally.landmarks or [0.0], [0.5, 0.99])
    print(f"landmarks: {middle:.2%} of a face's side apart at the median, {far:.2%} at 99 %")
    count = max(tally.frames, 1)
    print(f"CPU ms a frame: {1000 * tally.alone_s / count:.2f} alone, "
          f"{1000 * tally.followed_s / count:.2f} followed")  # fmt: skip


if __name__ == "__main__":
    main()
