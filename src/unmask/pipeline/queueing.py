"""Crops on their way through the network, beside what else is done meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from unmask.core.deadline import Deadline
from unmask.core.frames import Crop, FrameScores, Sighting
from unmask.pipeline.progress import Progress
from unmask.pipeline.timing import StageClock
from unmask.scoring import Scorer

# Crops held before they are scored: 77 MB of 224-pixel crops, whatever the options ask for.
_MOST_WAITING = 512
_PIECE = 32  # crops scored between two words about progress

Cut = tuple[Sighting, Crop]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What the network said of one sighting. ``image`` and ``map`` only where they were asked for.

    ``logit`` uncalibrated, ``features`` D, ``image`` S×S×3, ``map`` m×m; ``cells`` m×m where the
    model pools frames by them; ``covered`` 0 to 1 where it says whether something lies over it.
    """

    logit: float
    features: NDArray[np.float32]
    cells: NDArray[np.float32] | None
    covered: float | None
    sharpness: float
    grain: float
    chroma: float
    quantiser: float | None
    inside: float
    image: NDArray[np.uint8] | None
    map: NDArray[np.float32] | None

    @classmethod
    def of(cls, crop: Crop, scores: FrameScores, row: int, *, keep_picture: bool) -> Scored:
        """Of the crop whose scores are in that row."""
        return cls(
            logit=float(scores.logits[row]),
            features=scores.features[row],
            cells=None if scores.cells is None else scores.cells[row],
            covered=None if scores.covered is None else float(scores.covered[row]),
            sharpness=crop.sharpness,
            grain=crop.grain,
            chroma=crop.chroma,
            quantiser=crop.quantiser,
            inside=crop.inside,
            image=crop.image if keep_picture else None,
            map=scores.maps[row] if keep_picture else None,
        )


class Scoring:
    """A queue before the scorer, whose thread lives as long as the block it is entered for."""

    def __init__(
        self, scorer: Scorer, clock: StageClock, deadline: Deadline, *, keep_pictures: bool
    ) -> None:
        self._scorer, self._clock, self._deadline = scorer, clock, deadline
        self._keep = keep_pictures
        self._gathered: list[Cut] = []
        self._waiting: deque[tuple[list[Cut], Future[FrameScores]]] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="unmask-score")
        self.scored: dict[Sighting, Scored] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def add(self, crops: Sequence[Cut]) -> None:
        """Have these scored, after waiting for others where too many wait. Raises their errors."""
        self._gathered += crops
        self._send(least=self._scorer.batch)
        while self._waiting and (self._waiting[0][1].done() or self._count() > _MOST_WAITING):
            self._take()

    def finish(self, progress: Progress) -> None:
        """Wait until :attr:`scored` is whole; ``progress`` is told what is left to do."""
        self._send(least=1)
        total, done = self._count(), 0
        while self._waiting:
            done += self._take()
            progress("score", done, total)

    def _count(self) -> int:
        return sum(len(crops) for crops, _ in self._waiting)

    def _send(self, *, least: int) -> None:
        """Pieces of work from what was gathered, but for fewer than ``least`` crops."""
        while len(self._gathered) >= least:
            some, self._gathered = self._gathered[:_PIECE], self._gathered[_PIECE:]
            self._waiting.append((some, self._pool.submit(self._score, some)))

    def _score(self, crops: Sequence[Cut]) -> FrameScores:
        with self._clock.stage("score", crops=len(crops)):
            images = np.stack([crop.image for _, crop in crops])
            return self._scorer.score_crops(images, deadline=self._deadline)

    def _take(self) -> int:
        """Keep the scores of the oldest piece of work; how many they are."""
        crops, future = self._waiting.popleft()
        scores = future.result()
        for row, (sighting, crop) in enumerate(crops):
            self.scored[sighting] = Scored.of(crop, scores, row, keep_picture=self._keep)
        return len(crops)
