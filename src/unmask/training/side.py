"""The people and clips of one side of the split: those fitted on, or those held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from unmask.core.errors import DataError
from unmask.training.driving import DrivenClip
from unmask.training.films import Film, stills
from unmask.training.labelled import LabelledClips
from unmask.training.material import Portrait


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """``portraits`` to forge, ``films`` of real faces in motion, and clips a data set labels.

    ``driven`` are clips that an animator drew of some of them. ``contents`` has a digest of each
    part, which tells data from other data of the same size.
    """

    portraits: Sequence[Portrait]
    films: Sequence[Film]
    stills: Sequence[Portrait]
    labelled: LabelledClips
    driven: Sequence[DrivenClip] = ()
    contents: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        name: str,
        portraits: Sequence[Portrait],
        films: Sequence[Film],
        labelled: LabelledClips,
        driven: Sequence[DrivenClip] = (),
    ) -> Side:
        """Refuses a side without a single real face: there would be nothing to forge."""
        if not portraits:
            raise DataError(
                f"no real face is left to {name} on",
                hint="the data needs real faces of at least two people or recordings",
            )
        return cls(portraits, films, stills(films), labelled, driven)

    def counts(self) -> dict[str, int]:
        """For a checkpoint's seal: other counts are other data."""
        counts = {
            "portraits": len(self.portraits),
            "films": len(self.films),
            "stills": len(self.stills),
        }
        return counts | ({"driven": len(self.driven)} if self.driven else {})
