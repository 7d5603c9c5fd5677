"""A sink that keeps a bounded, evenly spread choice of crops for each face."""

from __future__ import annotations

from dataclasses import dataclass, field

from unmask.evidence.records import ScoredCrop


@dataclass(slots=True)
class _Kept:
    crops: list[ScoredCrop] = field(default_factory=list)
    stride: int = 1
    offered: int = 0
    strongest: ScoredCrop | None = None


class EvidenceCollector:
    """Keeps at most ``per_face`` crops of a face, spread over its time, and its strongest.

    The memory is ``per_face`` × faces × the size of a crop (150 kB at 224 pixels).
    """

    def __init__(self, per_face: int = 32) -> None:
        if per_face < 2:
            raise ValueError("keep at least two crops of a face")
        self._per_face = per_face
        self._faces: dict[int, _Kept] = {}

    def add(self, crop: ScoredCrop, /) -> None:
        """See :class:`unmask.evidence.EvidenceSink`."""
        kept = self._faces.setdefault(crop.face, _Kept())
        if kept.strongest is None or crop.score > kept.strongest.score:
            kept.strongest = crop
        if kept.offered % kept.stride == 0:
            if len(kept.crops) == self._per_face:
                kept.crops = kept.crops[::2]
                kept.stride *= 2
            if kept.offered % kept.stride == 0:
                kept.crops.append(crop)
        kept.offered += 1

    def faces(self) -> tuple[int, ...]:
        """The ids of the faces of which there are crops."""
        return tuple(sorted(self._faces))

    def crops(self, face: int) -> tuple[ScoredCrop, ...]:
        """The face's crops by time; empty for a face that has none."""
        kept = self._faces.get(face)
        return () if kept is None else tuple(kept.crops)

    def strongest(self, face: int) -> ScoredCrop | None:
        """The face's crop with the highest score, kept or not among :meth:`crops`."""
        kept = self._faces.get(face)
        return None if kept is None else kept.strongest
