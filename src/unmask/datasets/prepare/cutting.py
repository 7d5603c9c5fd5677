"""From one sample to its crops: a pure function of the sample, the options and the detector."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from unmask.clips import align
from unmask.core.deadline import Deadline
from unmask.core.errors import DataError
from unmask.core.frames import Crop, Sighting, Track
from unmask.datasets.met import file_bytes
from unmask.datasets.opening import opened
from unmask.datasets.prepare.looking import Look, looks
from unmask.datasets.prepare.options import PrepareOptions
from unmask.datasets.sample import Sample
from unmask.faces import FaceDetector, FaceTracker, doubtful_faces

CLIP_SCHEMA = "unmask.clip/1"
_SPARE = 2  # tracks cut beyond max_faces in a window: who matters is known only at the end


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One face through one window: coded crops, and what ``unmask.clip/1`` says of them."""

    face: int
    window: int
    crops: tuple[bytes, ...]
    about: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    track: Track
    crops: tuple[bytes, ...]
    about: dict[str, Any]


def cut_sample(
    root: Path, sample: Sample, options: PrepareOptions, detector: FaceDetector
) -> list[Clip]:
    """The clips of the most prominent faces, by face and window; none where no face is found.

    Raises the errors of the video room for a file that cannot be read.
    """
    deadline = Deadline.after(options.timeout_s)
    tracker = FaceTracker()
    tracks: list[Track] = []
    lengths: list[int] = []
    cuts: list[_Cut] = []
    with opened(root, sample) as path:
        for look in looks(path, sample, options, deadline):
            images = [frame.image for frame in look.window.frames]
            found = tracker.add(look.window.frames, detector.detect(images, deadline=deadline))
            tracks += found
            lengths.append(len(images))
            prominent = sorted(found, key=_prominence, reverse=True)
            for track in prominent[: options.max_faces + _SPARE]:
                cuts.append(_cut(look, track, options))
    about = _about(sample, options) | {"bytes": file_bytes(root, sample)}
    faces = _choose(tracks, doubtful_faces(tracks, lengths), options.max_faces)
    return [
        Clip(faces[cut.track.face], cut.track.window, cut.crops, about | cut.about)
        for cut in sorted(cuts, key=lambda cut: (faces.get(cut.track.face, -1), cut.track.window))
        if cut.track.face in faces
    ]


def members(
    number: int, clips: Sequence[Clip], options: PrepareOptions
) -> Iterator[tuple[str, bytes]]:
    """Names and bytes as WebDataset wants them: one key a clip, its crops and one JSON."""
    suffix = "png" if options.format == "png" else "jpg"
    repeats: defaultdict[tuple[int, int], int] = defaultdict(int)
    for clip in clips:
        part = repeats[clip.face, clip.window]  # a cut ends a track, and another begins
        repeats[clip.face, clip.window] += 1
        key = f"{number:07d}-{clip.face:02d}-{clip.window:03d}-{part:02d}"
        for at, crop in enumerate(clip.crops):
            yield f"{key}.{at:04d}.{suffix}", crop
        about = clip.about | {"face": clip.face, "window": clip.window}
        yield f"{key}.json", json.dumps(about, sort_keys=True, ensure_ascii=False).encode()


def _prominence(track: Track) -> float:
    return sum(seen.detection.size for seen in track.sightings)


def _choose(tracks: Sequence[Track], doubtful: frozenset[int], max_faces: int) -> dict[int, int]:
    """Numbers of the faces kept, by the tracker's numbers: the most prominent is 0."""
    prominence: defaultdict[int, float] = defaultdict(float)
    for track in tracks:
        if track.face not in doubtful:
            prominence[track.face] += _prominence(track)
    ranked = sorted(prominence, key=lambda face: (-prominence[face], face))[:max_faces]
    return {face: rank for rank, face in enumerate(ranked)}


def _cut(look: Look, track: Track, options: PrepareOptions) -> _Cut:
    crops = [_align(look, seen, options) for seen in track.sightings]
    pairs = list(zip(crops, track.sightings, strict=True))
    about: dict[str, Any] = {
        "times_s": None if look.names else [float(seen.time) for seen in track.sightings],
        "frames": [look.names[seen.frame] for seen in track.sightings] if look.names else None,
        "landmarks": [_moved(crop, seen) for crop, seen in pairs],
        "detector_scores": [round(seen.detection.score, 4) for seen in track.sightings],
        "face_px": [round(seen.detection.size, 1) for seen in track.sightings],
        "sharpness": [round(crop.sharpness, 3) for crop in crops],
        "inside": [round(crop.inside, 4) for crop in crops],
    }
    return _Cut(track, tuple(_encode(crop, options) for crop in crops), about)


def _align(look: Look, seen: Sighting, options: PrepareOptions) -> Crop:
    image = look.window.frames[seen.frame].image
    return align(image, seen.detection.landmarks, size=options.size, margin=options.margin)


def _moved(crop: Crop, seen: Sighting) -> list[list[float]]:
    """The landmarks in the crop's pixels."""
    points = seen.detection.landmarks @ crop.matrix[:, :2].T + crop.matrix[:, 2]
    return [[round(float(x), 2), round(float(y), 2)] for x, y in points]


def _encode(crop: Crop, options: PrepareOptions) -> bytes:
    pixels = np.ascontiguousarray(crop.image[:, :, ::-1])
    parameters = [cv2.IMWRITE_JPEG_QUALITY, options.quality] if options.format == "jpeg" else []
    done, data = cv2.imencode(".jpg" if options.format == "jpeg" else ".png", pixels, parameters)
    if not done:
        raise DataError(f"cannot encode a crop of {options.size} pixels as {options.format}")
    return bytes(data)


def _about(sample: Sample, options: PrepareOptions) -> dict[str, Any]:
    return {
        "schema": CLIP_SCHEMA,
        "path": sample.path,
        "label": sample.label,
        "dataset": sample.dataset,
        "method": sample.method,
        "split": sample.split,
        "identities": list(sample.identities),
        "source": sample.source,
        "compression": sample.compression,
        "attributes": dict(sample.attributes),
        "size": options.size,
        "margin": options.margin,
    }
