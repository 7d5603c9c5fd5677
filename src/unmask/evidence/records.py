"""What the pipeline hands out beside the document: the crops it scored and why they scored so."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ScoredCrop:
    """One face in one sampled frame, as the network saw it.

    ``face`` is the id of the face in the document; ``time`` in seconds, as in the document;
    ``image`` S×S×3 uint8 RGB; ``map`` m×m float32, each cell's share of the frame's calibrated
    logit (positive speaks for manipulation, the mean is that logit less a constant); ``score``
    the frame's calibrated P(manipulated).
    """

    face: int
    time: Fraction
    image: NDArray[np.uint8]
    map: NDArray[np.float32]
    score: float


class EvidenceSink(Protocol):
    """Receives every scored crop, by face id, then time. Keep what you need; nothing is saved."""

    def add(self, crop: ScoredCrop, /) -> None:
        """Called once for each scored crop, before ``analyse`` returns, on the calling thread."""
        ...
