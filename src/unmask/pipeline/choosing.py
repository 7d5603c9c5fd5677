"""Which of the faces found are scored as faces, and in what order they are named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unmask.core.frames import Sighting, Track
from unmask.pipeline.looking import prominence
from unmask.pipeline.queueing import Scored

# A face seen in a single frame of a video is kept only if the detector was this sure: MTCNN takes
# a pattern for a face now and then, hardly ever in two neighbouring frames.
_SURE = 0.95
_A_VIDEO = 3  # frames looked at before "only one of them" means anything


@dataclass(frozen=True, slots=True)
class Choice:
    """``faces``: the tracks of each face chosen, in the order of their ids."""

    faces: tuple[tuple[Track, ...], ...]
    brief: int
    left_out: int


def choose_faces(
    tracks: Sequence[Track], scored: Mapping[Sighting, Scored], *, max_faces: int, frames: int
) -> Choice:
    """The ``max_faces`` most prominent faces of a file, ids by first appearance, larger first.

    ``frames`` is how many were looked at in all.
    """
    grouped: defaultdict[int, list[Track]] = defaultdict(list)
    for track in sorted(tracks, key=lambda track: track.sightings[0].time):
        grouped[track.face].append(track)
    everyone = [tuple(group) for group in grouped.values()]
    kept = [face for face in everyone if frames < _A_VIDEO or not _passing(face)]
    looked_at = [face for face in kept if any(seen in scored for seen in sightings(face))]
    ranked = sorted(looked_at, key=_rank)[:max_faces]
    return Choice(
        faces=tuple(sorted(ranked, key=_appearance)),
        brief=len(everyone) - len(kept),
        left_out=len(kept) - len(ranked),
    )


def sightings(face: Sequence[Track]) -> list[Sighting]:
    """All sightings of a face, by time."""
    return sorted((seen for track in face for seen in track.sightings), key=lambda seen: seen.time)


def _passing(face: Sequence[Track]) -> bool:
    seen = sightings(face)
    return len(seen) == 1 and seen[0].detection.score < _SURE


def _rank(face: Sequence[Track]) -> tuple[float, ...]:
    return (-prominence(sightings(face)), *_appearance(face))


def _appearance(face: Sequence[Track]) -> tuple[float, ...]:
    first = sightings(face)[0]
    return (float(first.time), -first.detection.size, *first.detection.box)
