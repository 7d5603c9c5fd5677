"""After the frame stage: what is usual in real pictures, place by place and by how coarse they are.

On pictures and films of people who were held out, as they came: those whom the network was fitted
on it knows, and it is calmer before them than before anybody else; and what a fit does to pictures
raises contrasts more than what happened to files as coarse.
"""

from __future__ import annotations

import logging

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from unmask.models.detector import FrameDetector
from unmask.models.expectation import energies
from unmask.models.package_weights import FITTED_LATER
from unmask.models.weights import read_tensors, write_tensors
from unmask.training.faults import writing
from unmask.training.features import weights_digest
from unmask.training.pairs import draw_real
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run
from unmask.training.side import Side
from unmask.training.stopping import leave_signals_to_parent

log = logging.getLogger(__name__)
_EXPECTED = 5  # salt
_BATCH = 32


class _Reals(Dataset[Tensor]):
    """Crops S×S×3 of real faces; the number alone decides which and how they are cut."""

    def __init__(self, side: Side, recipe: DetectorRecipe) -> None:
        self._side, self._recipe = side, recipe

    def __len__(self) -> int:
        return self._recipe.frame.expected_crops

    def __getitem__(self, index: int) -> Tensor:
        cv2.setNumThreads(0)  # data workers are the parallelism
        rng = np.random.default_rng([self._recipe.seed, _EXPECTED, index])
        side = self._side
        return torch.from_numpy(draw_real(side.portraits, side.stills, self._recipe.served, rng))


def fit_expectation(recipe: DetectorRecipe, detector: FrameDetector, side: Side, run: Run) -> None:
    """Fit ``detector``'s places and expectation on ``side``, held out.

    ``run.work`` keeps them for a restart.
    """
    if not recipe.frame.expected_crops:
        return
    seal = weights_digest(recipe, detector, side)
    kept = run.work / f"{recipe.stem}-usual-{seal}.safetensors"
    if run.first and not kept.exists():
        found, cells = _measure(recipe, detector, side, run)
        detector.cpu().places.fit(cells)
        with torch.no_grad():
            contrasts = detector.contrasts_of(cells)
        told = detector.expectation.fit(found, contrasts)
        log.info(
            "%d real crops: contrasts and what is expected correlate by %.2f", len(found), told
        )
        with writing(kept):
            write_tensors(_usual(detector), kept)
    run.fabric.barrier()
    detector.load_state_dict(read_tensors(kept), strict=False)
    detector.to(run.fabric.device)


def _usual(detector: FrameDetector) -> dict[str, Tensor]:
    state: dict[str, Tensor] = detector.state_dict()
    return {name: value for name, value in state.items() if name.startswith(FITTED_LATER)}


def _measure(
    recipe: DetectorRecipe, detector: FrameDetector, side: Side, run: Run
) -> tuple[Tensor, Tensor]:
    """Energies N×16 and centred cells N×s×s, float32 on the CPU."""
    loader = DataLoader(
        _Reals(side, recipe),
        batch_size=_BATCH,
        num_workers=run.workers,
        worker_init_fn=leave_signals_to_parent,
    )
    found, cells = [], []
    detector.eval()
    with torch.inference_mode():
        for crops in loader:
            pixels = crops.permute(0, 3, 1, 2).to(run.fabric.device).float()
            with run.fabric.autocast():
                centred = detector.centred_cells(pixels / 127.5 - 1)
            found.append(energies(pixels).cpu())
            cells.append(centred.float().cpu())
    return torch.cat(found), torch.cat(cells)
