"""Whether what was seen of a film tells so little that a scan looks at more of it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from unmask.clips import enlargement
from unmask.core.frames import Crop

_COARSE = 30.0
"""Mean quantiser from which on frames keep little of what tools leave.

Films saved once more as H.264 at CRF 30 have 31, at CRF 35 36, the development files 24
(docs/decisions.md)."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a frame tells of its face: how far it had to be enlarged, and how it was coded."""

    enlarged: float
    quantiser: float | None

    @classmethod
    def of(cls, crop: Crop) -> Self:
        """As the crop says it."""
        return cls(enlargement(crop.matrix), crop.quantiser)


def tells_little(glimpses: Sequence[Glimpse]) -> bool:
    """Whether faces are small or frames coarse; so do none at all: the face may come later."""
    if not glimpses or statistics.median(one.enlarged for one in glimpses) > 1:
        return True
    coded = [one.quantiser for one in glimpses if one.quantiser is not None]
    return bool(coded) and math.fsum(coded) >= _COARSE * len(coded)
