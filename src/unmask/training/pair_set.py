"""Pairs as torch data sets: an endless numbered supply to fit on, a fixed one to validate on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from unmask.core.errors import DataError
from unmask.synthesis import Kind
from unmask.training.pairs import Fading, Pair, draw_labelled_pair, draw_pair
from unmask.training.run import Run
from unmask.training.side import Side
from unmask.training.stages import FrameStage
from unmask.training.stopping import leave_signals_to_parent

Item = tuple[Tensor, Tensor, Tensor]
_VALIDATION = 5  # salt: held-out pairs are drawn apart from those fitted on


@dataclass(frozen=True, slots=True)
class Shares:
    """Of the pairs of a step, those that one of ``world`` processes draws."""

    pairs: int
    rank: int = 0
    world: int = 1

    @classmethod
    def of(cls, pairs: int, run: Run) -> Shares:
        """This process's; :class:`DataError` where they cannot be shared evenly."""
        world = run.fabric.world_size
        if pairs % world:
            raise DataError(f"{pairs} pairs do not divide among {world} processes")
        return cls(pairs, run.fabric.global_rank, world)

    @property
    def own(self) -> int:
        """How many of a step are this process's."""
        return self.pairs // self.world

    def number(self, index: int) -> int:
        """The number, over the whole fit, of the pair that this process draws as its ``index``."""
        step, place = divmod(index, self.own)
        return step * self.pairs + self.rank * self.own + place


class PairSet(Dataset[Item]):
    """Pair ``n`` depends on the seed and ``n`` alone, so a run resumes where it was cut off.

    Yields crops 2×S×S×3 uint8 (real first), the mask M×M uint8, and 1.0 where it is known, else 0.
    """

    def __init__(
        self,
        side: Side,
        stage: FrameStage,
        shares: Shares,
        *,
        seed: tuple[int, ...],
        start: int,
        fading: Fading | None = None,
    ) -> None:
        self._side, self._stage, self._shares, self._seed = side, stage, shares, seed
        self._fading = fading
        self._start, self._end = start * shares.own, stage.steps * shares.own

    def __len__(self) -> int:
        return self._end - self._start

    def __getitem__(self, index: int) -> Item:
        number = self._shares.number(self._start + index)
        rng = np.random.default_rng([*self._seed, number])
        side, stage = self._side, self._stage
        if side.labelled and rng.random() < stage.labelled_share:
            return _item(lambda: draw_labelled_pair(side.labelled, stage, rng))
        fading = self._fading
        return _item(lambda: draw_pair(side.portraits, side.stills, stage, rng, fading=fading))


def load_pairs(pairs: PairSet, count: int, run: Run) -> Iterator[Item]:
    """``count`` of them at a time, drawn by ``run.workers`` processes."""
    workers = run.workers
    return iter(
        DataLoader(
            pairs,
            batch_size=count,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            worker_init_fn=leave_signals_to_parent,
            pin_memory=run.fabric.device.type == "cuda",
        )
    )


class HeldOutPairs(Dataset[Item]):
    """The same pairs at every validation: ``stage.validation_pairs`` of each kind, in turn."""

    def __init__(self, side: Side, stage: FrameStage, *, seed: int) -> None:
        self._side, self._stage, self._seed = side, stage, seed
        drawn: list[Kind | None] = [kind for kind, share in stage.kinds.items() if share > 0]
        if side.labelled:
            drawn.append(None)
        self.kinds = tuple(drawn)

    def __len__(self) -> int:
        return len(self.kinds) * self._stage.validation_pairs

    def names(self) -> Sequence[str]:
        """The kind of each pair."""
        names = [kind or "labelled" for kind in self.kinds]
        return [name for name in names for _ in range(self._stage.validation_pairs)]

    def __getitem__(self, index: int) -> Item:
        kind = self.kinds[index // self._stage.validation_pairs]
        rng = np.random.default_rng([self._seed, _VALIDATION, index])
        side, stage = self._side, self._stage
        if kind is None:
            return _item(lambda: draw_labelled_pair(side.labelled, stage, rng))
        return _item(lambda: draw_pair(side.portraits, side.stills, stage, rng, kind))


def _item(draw: Callable[[], Pair]) -> Item:
    cv2.setNumThreads(0)  # data workers are the parallelism
    pair = draw()
    crops = torch.from_numpy(np.stack([pair.real, pair.fake]))
    return crops, torch.from_numpy(pair.mask), torch.tensor(float(pair.located))
