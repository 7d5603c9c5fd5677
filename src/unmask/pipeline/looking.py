"""From windows of frames to scored sightings, holding one window's frames at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask.clips import align
from unmask.core.analysis import MediaInfo
from unmask.core.deadline import Deadline
from unmask.core.errors import Damaged
from unmask.core.frames import Crop, Sighting, Track, Window, WindowPlan
from unmask.faces import FaceDetector, FaceTracker
from unmask.pipeline.progress import Progress
from unmask.pipeline.timing import StageClock
from unmask.runtime.package import CropSpec
from unmask.scoring import Scorer
from unmask.video import DamageCount, read_windows

# Crops held before they are scored: 77 MB of 224-pixel crops, whatever the options ask for.
_MOST_PENDING = 512

Alter = Callable[[Window], Window]
"""Sees each window as it was decoded and returns what is to be looked at in its place: times and
number of frames as they were. For measuring what a distortion does; a scan has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What the network said of one sighting. ``image`` and ``map`` only where they were asked for.

    ``logit`` uncalibrated, ``features`` D, ``image`` S×S×3, ``map`` m×m.
    """

    logit: float
    features: NDArray[np.float32]
    sharpness: float
    inside: float
    image: NDArray[np.uint8] | None
    map: NDArray[np.float32] | None


@dataclass(slots=True)
class Seen:
    """Counts over all windows, for the warnings."""

    windows: int = 0
    frames: int = 0
    sizes: int = 0  # different frame sizes


class Looker:
    """Reads, detects, tracks, cuts and scores one file. Made for one file, used once."""

    def __init__(
        self,
        detector: FaceDetector,
        scorer: Scorer,
        *,
        max_faces: int,
        keep_pictures: bool,
        clock: StageClock,
        deadline: Deadline,
        alter: Alter | None = None,
    ) -> None:
        self._alter = alter
        self._detector = detector
        self._scorer = scorer
        self._max_faces = max_faces
        self._keep = keep_pictures
        self._clock = clock
        self._deadline = deadline
        self._pending: list[tuple[Sighting, Crop]] = []
        self._sizes: set[tuple[int, int]] = set()
        self._tracker = FaceTracker()
        self.tracks: list[Track] = []
        self.scored: dict[Sighting, Scored] = {}
        self.damage = DamageCount()
        self.seen = Seen()

    def look(
        self, path: Path, info: MediaInfo, plans: Sequence[WindowPlan], progress: Progress
    ) -> None:
        """Fill :attr:`tracks` and :attr:`scored`. Raises the errors of video and scoring."""
        windows = read_windows(path, info, plans, deadline=self._deadline, damage=self.damage)
        total = len(plans)
        progress("look", 0, total)
        while (window := self._next(windows)) is not None:
            self._look(window)
            del window  # before the next is decoded: frames are what takes memory
            progress("look", min(self.seen.windows, total), total)
            if len(self._pending) >= _MOST_PENDING:
                self._score(None)
        if not self.seen.frames:
            raise Damaged(
                f"{path}: not one frame could be decoded", hint="download or copy it again"
            )
        self._score(progress)

    def _next(self, windows: Iterator[Window]) -> Window | None:
        with self._clock.stage("decode"):
            window = next(windows, None)
        return self._alter(window) if self._alter and window else window

    def _look(self, window: Window) -> None:
        images = [frame.image for frame in window.frames]
        with self._clock.stage("detect"):
            detections = self._detector.detect(images, deadline=self._deadline)
        with self._clock.stage("track"):
            tracks = self._tracker.add(window.frames, detections)
        with self._clock.stage("crop"):
            spec = self._scorer.package.manifest.crop
            for track in _most_prominent(tracks, self._max_faces):
                self._pending += [(seen, _cut(window, seen, spec)) for seen in track.sightings]
        self.tracks += tracks
        self._sizes |= {(image.shape[1], image.shape[0]) for image in images}
        self.seen.windows += 1
        self.seen.frames += len(images)
        self.seen.sizes = len(self._sizes)

    def _score(self, progress: Progress | None) -> None:
        """Score what is pending; tell ``progress`` where this is the last of it."""
        pending, self._pending = self._pending, []
        if not pending:
            return

        def tell(done: int) -> None:
            if progress is not None:
                progress("score", done, len(pending))

        with self._clock.stage("score"):
            crops = np.stack([crop.image for _, crop in pending])
            scores = self._scorer.score_crops(crops, deadline=self._deadline, progress=tell)
        for row, (sighting, crop) in enumerate(pending):
            self.scored[sighting] = Scored(
                logit=float(scores.logits[row]),
                features=scores.features[row],
                sharpness=crop.sharpness,
                inside=crop.inside,
                image=crop.image if self._keep else None,
                map=scores.maps[row] if self._keep else None,
            )


def prominence(sightings: Iterable[Sighting]) -> float:
    """How much of the file shows this face: its sizes in pixels, summed over its sightings."""
    return sum(seen.detection.size for seen in sightings)


def _most_prominent(tracks: Sequence[Track], faces: int) -> list[Track]:
    """The tracks of the most prominent faces of a window, of equals the first."""
    share: defaultdict[int, float] = defaultdict(float)
    for track in tracks:
        share[track.face] += prominence(track.sightings)
    chosen = set(sorted(share, key=lambda face: -share[face])[:faces])
    return [track for track in tracks if track.face in chosen]


def _cut(window: Window, seen: Sighting, spec: CropSpec) -> Crop:
    image = window.frames[seen.frame].image
    return align(image, seen.detection.landmarks, size=spec.size, margin=spec.margin)
