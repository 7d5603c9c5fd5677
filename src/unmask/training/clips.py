"""The temporal stage: an LSTM over features of the finished frame detector."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from unmask.models.detector import TemporalDetector
from unmask.training.recipe import ClipStage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class ClipFeatures:
    """Features B×T×D float32, labels B, and the frame logits B×T they came with."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    frame_logits: NDArray[np.float32]
    kinds: tuple[str, ...]
    origins: tuple[str, ...]


def fit_temporal(
    train: ClipFeatures, validation: ClipFeatures, stage: ClipStage, *, seed: int
) -> TemporalDetector:
    """Fit, and keep the epoch with the lowest validation loss."""
    torch.manual_seed(seed)
    model = TemporalDetector(stage.hidden)
    flat = train.features.reshape(-1, train.features.shape[-1])
    model.mean.copy_(torch.from_numpy(flat.mean(axis=0)))
    model.scale.copy_(torch.from_numpy(1 / (flat.std(axis=0) + 0.05)))
    optimiser = torch.optim.AdamW(model.parameters(), stage.learning_rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, stage.epochs)
    features, labels = torch.from_numpy(train.features), torch.from_numpy(train.labels).float()
    best, kept = float("inf"), model.state_dict()
    for epoch in range(stage.epochs):
        model.train()
        for batch in torch.split(torch.randperm(len(labels)), stage.batch):
            loss = functional.binary_cross_entropy_with_logits(
                model(features[batch]), labels[batch]
            )
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
        schedule.step()
        held_out = _loss(model, validation)
        if held_out < best:
            best, kept = held_out, {k: v.clone() for k, v in model.state_dict().items()}
        log.info("epoch %d loss %.4f validation %.4f", epoch + 1, float(loss), held_out)
    model.load_state_dict(kept)
    return model.eval()


def clip_logits(model: TemporalDetector, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """B×T×D → clip logits B."""
    with torch.inference_mode():
        logits: NDArray[np.float32] = model.eval()(torch.from_numpy(features)).numpy()
    return logits


def _loss(model: TemporalDetector, held_out: ClipFeatures) -> float:
    logits = torch.from_numpy(clip_logits(model, held_out.features))
    labels = torch.from_numpy(held_out.labels).float()
    return float(functional.binary_cross_entropy_with_logits(logits, labels))


def concatenate(parts: Sequence[ClipFeatures]) -> ClipFeatures:
    """Several sets as one."""
    return ClipFeatures(
        np.concatenate([p.features for p in parts]),
        np.concatenate([p.labels for p in parts]),
        np.concatenate([p.frame_logits for p in parts]),
        tuple(kind for p in parts for kind in p.kinds),
        tuple(origin for p in parts for origin in p.origins),
    )
