"""Which of a face's scored frames go through the temporal network together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from unmask.core.frames import Sighting, Track
from unmask.pipeline.queueing import Scored


def clips_of(
    face: Sequence[Track], scored: Mapping[Sighting, Scored], *, length: int
) -> Iterator[tuple[Sighting, ...]]:
    """Runs of scored sightings of one track, ``length`` long as the network was fitted on.

    A longer track gives several, the last one overlapping the one before if it must; a shorter
    one gives itself, down to half of ``length``: less motion than that was never fitted on.
    """
    for track in face:
        run = tuple(seen for seen in track.sightings if seen in scored)
        if len(run) < max(2, (length + 1) // 2):
            continue
        last = max(0, len(run) - length)
        for start in (*range(0, last, length), last):
            yield run[start : start + length]
