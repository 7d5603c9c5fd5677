"""A film that was opened to be probed and stays open for who looks at its windows.

FFmpeg decodes the beginning of what it opens to know what it is, and probing decodes the first
frame. Where key frames are large, each of these takes as long as a dozen other frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from unmask.core.deadline import Deadline
from unmask.core.frames import WindowPlan
from unmask.video.counts import DamageCount
from unmask.video.reader import FrameReader


@dataclass(slots=True, eq=False)
class Begun:
    """A reader whose first frame is the next, and what it has counted on the way there.

    It is given away once, and to be closed until then. Of some files there is none.
    """

    reader: FrameReader | None = None
    damage: DamageCount = field(default_factory=DamageCount)

    def suits(self, plans: Sequence[WindowPlan]) -> bool:
        """Whether it is there, and a reader opened for these plans would stand where it does.

        For a single plan at the start the index is left alone, and on the way to a first plan
        further on other frames are passed over.
        """
        starts = [plan.start for plan in plans]
        return self.reader is not None and bool(starts) and min(starts) <= 0 < max(starts)

    def given(self, deadline: Deadline) -> FrameReader | None:
        """The reader, which goes on within that deadline and is closed by who takes it."""
        reader, self.reader = self.reader, None
        if reader is not None:
            reader.resume(deadline)
        return reader

    def close(self) -> None:
        """Let go of the file and the decoder, where nobody has taken them."""
        reader, self.reader = self.reader, None
        if reader is not None:
            reader.close()
