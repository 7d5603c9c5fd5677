"""The frame stage: fitting Xception on pairs, with checkpoints that resume exactly."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from unmask.core.errors import DataError
from unmask.models.detector import FrameDetector
from unmask.models.weights import load_trunk
from unmask.training.material import Portrait
from unmask.training.pairs import PairSet
from unmask.training.recipe import DetectorRecipe, FrameStage

log = logging.getLogger(__name__)
_SEEN = 0.02  # share of a window that must be manipulated for the window to count as a fake
_CELL = 0.15  # share of a cell that must be manipulated for the cell to count as one


@dataclass(slots=True)
class FrameFit:
    """All state of a fit: what a checkpoint holds."""

    recipe: DetectorRecipe
    model: FrameDetector
    average: AveragedModel
    optimiser: torch.optim.Optimizer
    step: int = 0

    @classmethod
    def start(cls, recipe: DetectorRecipe, imagenet: Path | None) -> FrameFit:
        """Fresh from the recipe's initial weights."""
        torch.manual_seed(recipe.seed)
        model = FrameDetector()
        if recipe.init == "imagenet":
            if imagenet is None:
                raise DataError("the recipe starts from ImageNet weights, and none were given")
            load_trunk(model.trunk, imagenet)
        model = _channels_last(model)
        follow = get_ema_multi_avg_fn(recipe.frame.ema)  # type: ignore[no-untyped-call]
        average = AveragedModel(model, multi_avg_fn=follow, use_buffers=True)
        return cls(recipe, model, average, _optimiser(model, recipe.frame))

    def save(self, path: Path) -> None:
        """Write a checkpoint; an interrupted write leaves the last one whole."""
        partial = path.with_suffix(".partial")
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
        }
        torch.save(state, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Take up a checkpoint of the same recipe. Tensors only: nothing in it is executed."""
        state = torch.load(path, weights_only=True, map_location="cpu")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = int(state["step"])

    def finished_model(self) -> FrameDetector:
        """The averaged weights, for evaluation and export."""
        model = self.average.module
        assert isinstance(model, FrameDetector)
        return model.eval()


def _channels_last(model: FrameDetector) -> FrameDetector:
    for parameter in model.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return model


def _optimiser(model: FrameDetector, stage: FrameStage) -> torch.optim.Optimizer:
    fresh_names = ("conv3", "bn3", "conv4", "bn4")
    trunk = dict(model.trunk.named_parameters())
    started = [p for name, p in trunk.items() if not name.startswith(fresh_names)]
    fresh = [p for name, p in trunk.items() if name.startswith(fresh_names)]
    fresh += [*model.head.parameters(), *model.cells.parameters()]
    groups = [
        {"params": started, "lr": stage.learning_rate, "peak": stage.learning_rate},
        {"params": fresh, "lr": stage.fresh_rate, "peak": stage.fresh_rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=stage.weight_decay)


def set_rates(optimiser: torch.optim.Optimizer, stage: FrameStage, step: int) -> None:
    """Linear warm-up, then a cosine to zero; the started layers wait until the fresh ones fit."""
    held, fresh = optimiser.param_groups
    through = step / stage.steps
    cosine = 0.5 * (1 + math.cos(math.pi * through))
    fresh["lr"] = fresh["peak"] * cosine * min(1.0, (step + 1) / 50)
    ramp = min(1.0, max(0.0, (step - stage.warm_up) / 100))
    held["lr"] = held["peak"] * cosine * ramp


def fit_frames(
    fit: FrameFit,
    portraits: Sequence[Portrait],
    frames: Sequence[Portrait],
    *,
    workers: int = 2,
    stop_after_s: float | None = None,
) -> Iterator[int]:
    """Fit from ``fit.step`` to the end, yielding the step every 50 so that the caller can save."""
    stage = fit.recipe.frame
    pairs = PairSet(
        portraits,
        frames,
        stage,
        seed=fit.recipe.seed,
        length=stage.steps * stage.pairs,
        start=fit.step * stage.pairs,
    )
    loader = DataLoader(
        pairs, batch_size=stage.pairs, num_workers=workers, prefetch_factor=4 if workers else None
    )
    started, first, mean = time.monotonic(), fit.step, 0.0
    fit.model.train()
    for crops, masks, _kinds in loader:
        set_rates(fit.optimiser, stage, fit.step)
        loss = _step(fit, crops, masks)
        mean = loss if fit.step == first else 0.98 * mean + 0.02 * loss
        fit.step += 1
        if fit.step % 50 == 0:
            rate = (fit.step - first) * 2 * stage.pairs / (time.monotonic() - started)
            log.info("step %d/%d loss %.4f %.1f crops/s", fit.step, stage.steps, mean, rate)
            yield fit.step
        if stop_after_s is not None and time.monotonic() - started > stop_after_s:
            break
    yield fit.step


def _step(fit: FrameFit, crops: Tensor, masks: Tensor) -> float:
    stage = fit.recipe.frame
    whole = fit.step >= stage.steps * (1 - stage.whole_share)
    x, masks = _window(crops, masks, stage.size if whole else stage.window, fit.step)
    with torch.autocast("cpu", torch.bfloat16):
        logits, cells = fit.model.fit_forward(x)
    loss = pair_loss(logits.float(), cells.float(), masks, stage.cells_weight)
    if not torch.isfinite(loss):
        raise DataError(
            f"the loss is not finite at step {fit.step}",
            hint="lower learning_rate, or resume from the last checkpoint with another seed",
        )
    fit.optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(fit.model.parameters(), 5.0)
    fit.optimiser.step()
    fit.average.update_parameters(fit.model)
    return float(loss)


def _window(crops: Tensor, masks: Tensor, side: int, seed: int) -> tuple[Tensor, Tensor]:
    """Cut the same random ``side`` square from both crops of each pair.

    B×2×S×S×3 uint8, B×M×M → 2B×3×side×side in −1…1 (reals, then fakes) and masks B×1×m×m in 0…1.
    """
    size, cells = crops.shape[2], masks.shape[1]
    rng = np.random.default_rng([seed, 7])
    cut, cut_masks = [], []
    for pair, mask in zip(crops, masks, strict=True):
        unit = size // cells
        row, column = (int(v) for v in rng.integers(0, (size - side) // unit + 1, 2))
        y, x = row * unit, column * unit
        cut.append(pair[:, y : y + side, x : x + side])
        cut_masks.append(mask[row : row + side // unit, column : column + side // unit])
    both = torch.stack(cut, dim=1).flatten(0, 1)  # 2B×side×side×3, reals first
    images = both.permute(0, 3, 1, 2).float() / 127.5 - 1
    return (
        images.contiguous(memory_format=torch.channels_last),
        torch.stack(cut_masks).unsqueeze(1).float() / 255,
    )


def pair_loss(logits: Tensor, cells: Tensor, masks: Tensor, cells_weight: float) -> Tensor:
    """Cross-entropy of the frame logits plus that of the cells, where the mask says which are fake.

    ``logits`` 2B (reals first), ``cells`` 2B×s×s, ``masks`` B×1×m×m. A window that shows next to
    nothing of the manipulation is left out of the frame loss: nobody could tell.
    """
    count = masks.shape[0]
    visible = (masks.mean(dim=(1, 2, 3)) > _SEEN).float()
    real = functional.softplus(logits[:count]).mean()
    fake = (functional.softplus(-logits[count:]) * visible).sum() / visible.sum().clamp(min=1)
    side = cells.shape[-1]
    covered = functional.adaptive_avg_pool2d(masks, side)[:, 0]  # B×s×s
    target = torch.cat([torch.zeros_like(covered), (covered / _CELL).clamp(max=1)])
    local = functional.binary_cross_entropy_with_logits(cells, target)
    return (real + fake) / 2 + cells_weight * local
