"""What the pipeline hands out beside the document: the crops it scored and why they scored so."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from unmask.evidence.heatmap import weighed


@dataclass(frozen=True, slots=True, eq=False)
class ScoredCrop:
    """One face in one sampled frame, as the network saw it.

    ``face`` is the id of the face in the document; ``time`` in seconds, as in the document;
    ``image`` S×S×3 uint8 RGB; ``map`` m×m float32, how far each cell stands out (calibrated; the
    mean is the frame's logit before what is usual of real faces is taken off); ``score`` the
    frame's calibrated P(manipulated).
    """

    face: int
    time: Fraction
    image: NDArray[np.uint8]
    map: NDArray[np.float32]
    score: float

    @property
    def evidence(self) -> NDArray[np.float32]:
        """Where what speaks for manipulation lies, and how strong it is: m×m, to be drawn."""
        return weighed(self.map, self.score)


class EvidenceSink(Protocol):
    """Receives every scored crop, by face id, then time. Keep what you need; nothing is saved."""

    def add(self, crop: ScoredCrop, /) -> None:
        """Called once for each scored crop, before ``analyse`` returns, on the calling thread."""
        ...
