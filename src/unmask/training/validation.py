"""How well held-out people's fakes are told from their real faces, kind by kind."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from unmask.models.detector import FrameDetector
from unmask.training.pair_set import HeldOutPairs
from unmask.training.side import Side
from unmask.training.stages import FrameStage
from unmask.training.stopping import leave_signals_to_parent

_BATCH = 16


class Validator:
    """Pairs of held-out people, drawn once, the same at every validation."""

    def __init__(self, held: Side, stage: FrameStage, *, seed: int, workers: int) -> None:
        self._pairs = HeldOutPairs(held, stage, seed=seed)
        self._workers = workers
        self._crops: Tensor | None = None  # N×2×S×S×3

    def score(self, detector: FrameDetector, fabric: Fabric) -> tuple[float, dict[str, float]]:
        """Mean AUC over kinds, and the AUC of each as ``auc/<kind>``."""
        crops = self._drawn()
        logits = []
        with torch.inference_mode(), fabric.autocast():
            for batch in torch.split(crops, _BATCH):
                x = batch.flatten(0, 1).to(fabric.device)  # real, fake, real, fake …
                images = x.permute(0, 3, 1, 2).float() / 127.5 - 1
                found = detector.eval()(images.contiguous(memory_format=torch.channels_last))[1]
                logits.append(found.float().cpu().unflatten(0, (-1, 2)))
        scores = torch.cat(logits).double().numpy()
        rows: defaultdict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(self._pairs.names()):
            rows[name].append(row)
        figures = {f"auc/{kind}": auc(scores[at, 0], scores[at, 1]) for kind, at in rows.items()}
        return float(np.mean(list(figures.values()))), figures

    def _drawn(self) -> Tensor:
        if self._crops is None:
            loader = DataLoader(
                self._pairs,
                batch_size=_BATCH,
                num_workers=self._workers,
                worker_init_fn=leave_signals_to_parent,
            )
            self._crops = torch.cat([crops for crops, _masks, _located in loader])
        return self._crops


def auc(real: NDArray[np.float64], fake: NDArray[np.float64]) -> float:
    """The chance that a fake scores above a real one, ties counting half (Mann & Whitney 1947)."""
    higher = fake[:, None] - real[None, :]
    return float(np.mean((higher > 0) + 0.5 * (higher == 0)))
