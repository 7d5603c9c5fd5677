"""From windows of frames to scored sightings, holding a window's frames or two at a time."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask.clips import align
from unmask.core.analysis import MediaInfo
from unmask.core.deadline import Deadline
from unmask.core.errors import Damaged
from unmask.core.frames import Covering, Crop, Sighting, Track, Window, WindowPlan
from unmask.faces import FaceDetector, FaceTracker, covering, miniature
from unmask.pipeline.ahead import made_ahead
from unmask.pipeline.further import Glimpse, tells_little
from unmask.pipeline.progress import Progress
from unmask.pipeline.queueing import Scored, Scoring
from unmask.pipeline.timing import StageClock
from unmask.runtime.package import CropSpec
from unmask.scoring import Scorer
from unmask.video import Begun, DamageCount, read_windows

# A window is decoded ahead where two of them take little: eight frames of 720p are 22 MB, of 1080p
# 50 MB. Crops of windows before keep the cores busy meanwhile either way.
_AHEAD_BYTES = 32 * 2**20

_OPAQUE, _MUCH = 255, 0.01

Alter = Callable[[Window], Window]
"""Sees each window as it was decoded and returns what is to be looked at in its place: times and
number of frames as they were. For measuring what a distortion does; a scan has none."""


@dataclass(slots=True)
class Seen:
    """Counts over all windows, for the warnings; ``stretches``: from when to when each lasts.

    ``places`` were to be looked at, ``windows`` could be. ``transparent``: what lies beneath shows
    in more than a hundredth of a frame.
    """

    places: int = 0
    windows: int = 0
    frames: int = 0
    transparent: bool = False
    stretches: list[tuple[Fraction, Fraction]] = field(default_factory=list)


class Looker:
    """Reads, detects, tracks, cuts and scores one file. Made for one file, used once.

    Decoding and scoring have a thread each: while the faces of one window are found, the next is
    decoded and the crops of the one before are scored.
    """

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
        self._max_faces = max_faces
        self._clock = clock
        self._stop = threading.Event()
        self._deadline = deadline.until(self._stop)
        self._scoring = Scoring(scorer, clock, self._deadline, keep_pictures=keep_pictures)
        self._crop = scorer.package.manifest.crop
        self._tracker = FaceTracker()
        self.tracks: list[Track] = []
        self.turned: dict[Sighting, bool] = {}  # one glance a face and window
        self.covered: dict[Sighting, Covering] = {}  # by the same glances, of each sighting
        self.miniatures: dict[Sighting, NDArray[np.uint8]] = {}  # of what was scored
        self.damage = DamageCount()
        self.seen = Seen()
        self._decoded = 0  # windows
        self._glimpses: list[list[Glimpse]] = []  # of each window's most prominent face

    @property
    def scored(self) -> dict[Sighting, Scored]:
        """What was scored, after :meth:`look`."""
        return self._scoring.scored

    def look(
        self,
        path: Path,
        info: MediaInfo,
        plans: Sequence[WindowPlan],
        progress: Progress,
        begun: Begun,
    ) -> None:
        """Fill :attr:`tracks` and :attr:`scored`. Raises the errors of video and scoring.

        Spare plans are looked at where what was seen before them tells little. ``begun`` is the
        file as probing left it open; it is used where it suits the plans.
        """
        if begun.suits(plans):
            self.damage = begun.damage
        else:
            begun.close()
        windows = read_windows(
            path,
            info,
            plans,
            deadline=self._deadline,
            damage=self.damage,
            wanted=self._looks_further,
            begun=begun,
        )
        frames = max((plan.frames for plan in plans), default=1)
        small = frames * info.width * info.height * 3 <= _AHEAD_BYTES
        self.seen.places = sum(not plan.spare for plan in plans)
        progress("look", 0, self.seen.places)
        with (
            made_ahead(lambda: self._decode(windows), "unmask-decode", ahead=small) as following,
            self._scoring,
            self._stopping(),
        ):
            while (window := following()) is not None:
                self._look(self._alter(window) if self._alter else window)
                del window  # before the next is decoded: frames are what takes memory
                places = self.seen.places
                progress("look", min(self.seen.windows, places), places)
            if not self.seen.frames:
                raise Damaged(
                    f"{path}: not one frame could be decoded", hint="download or copy it again"
                )
            self._scoring.finish(progress)

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Whatever ends the block ends the other threads' work soon."""
        try:
            yield
        finally:
            self._stop.set()

    def _decode(self, windows: Iterator[Window]) -> Window | None:
        with self._clock.stage("decode"):
            window = next(windows, None)
        self._decoded += window is not None
        return window

    def _looks_further(self) -> bool:
        """Asked where windows are decoded, of which the last may not have been looked at yet.

        So that answers do not hang on which thread is faster, that one is left out always.
        """
        before = self._glimpses[: max(0, self._decoded - 1)]
        further = (
            bool(before)
            and self._deadline.half_left
            and tells_little(list(chain.from_iterable(before)))
        )
        self.seen.places += further
        return further

    def _look(self, window: Window) -> None:
        number = self.seen.windows
        images = [frame.image for frame in window.frames]
        clear = [frame.opacity for frame in window.frames]
        self.seen.transparent |= any(one is not None and _shows_through(one) for one in clear)
        with self._clock.stage("detect", window=number, frames=len(images)):
            detections = self._detector.detect_window(window.frames, deadline=self._deadline)
        with self._clock.stage("track", window=number):
            tracks = self._tracker.add(window.frames, detections)
        chosen = _most_prominent(tracks, self._max_faces)
        with self._clock.stage("detect", window=number, frames=len(chosen)):
            glances = [track.sightings[len(track.sightings) // 2] for track in chosen]
            faces = [(images[seen.frame], seen.detection) for seen in glances]
            turned = self._detector.turned(faces, deadline=self._deadline)
            self.turned |= dict(zip(glances, turned, strict=True))
            for track, seen, (image, face) in zip(chosen, glances, faces, strict=True):
                glance = covering(image, face.box, clear[seen.frame])
                self.covered |= dict.fromkeys(track.sightings, glance)
        with self._clock.stage("align", window=number):
            crops = [
                (seen, _cut(window, seen, self._crop))
                for track in chosen
                for seen in track.sightings
            ]
            self.miniatures |= {seen: miniature(crop.image) for seen, crop in crops}
        self._scoring.add(crops)
        main = max(chosen, key=lambda track: prominence(track.sightings), default=None)
        glimpses = [Glimpse.of(crop) for seen, crop in crops if main and seen in main.sightings]
        self._glimpses.append(glimpses)
        self.tracks += tracks
        self.seen.windows += 1
        self.seen.frames += len(images)
        self.seen.stretches.append((window.frames[0].time, window.frames[-1].time))


def _shows_through(opacity: NDArray[np.uint8]) -> bool:
    return float(np.mean(opacity < _OPAQUE)) > _MUCH


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
    frame = window.frames[seen.frame]
    crop = align(frame.image, seen.detection.landmarks, size=spec.size, margin=spec.margin)
    return replace(crop, quantiser=frame.quantiser)
