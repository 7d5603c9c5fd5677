"""What the frame detector is fitted by: a loss over crops, and one over the cells of their maps."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_SEEN = 0.02  # share of a window that must be manipulated for the window to count as a fake
_WHOLE = 0.95  # share from which on nothing real is left beside what was put in
_CELL = 0.15  # share of a cell that must be manipulated for the cell to count as one


def cut_windows(
    crops: Tensor, masks: Tensor, side: int, seed: tuple[int, ...]
) -> tuple[Tensor, Tensor]:
    """Cut the same random ``side`` square from both crops of each pair.

    B×2×S×S×3 uint8, B×M×M → 2B×3×side×side in −1…1 (reals, then fakes) and masks B×1×m×m in 0…1.
    """
    if side == crops.shape[2]:
        return as_images(crops.transpose(0, 1)), masks.unsqueeze(1).float() / 255
    unit = crops.shape[2] // masks.shape[1]
    room = (crops.shape[2] - side) // unit + 1
    rng = np.random.default_rng(seed)
    cut, cut_masks = [], []
    for pair, mask in zip(crops, masks, strict=True):
        row, column = (int(v) for v in rng.integers(0, room, 2))
        y, x = row * unit, column * unit
        cut.append(pair[:, y : y + side, x : x + side])
        cut_masks.append(mask[row : row + side // unit, column : column + side // unit])
    return as_images(torch.stack(cut, dim=1)), torch.stack(cut_masks).unsqueeze(1).float() / 255


def as_images(crops: Tensor) -> Tensor:
    """2×B×S×S×3 uint8, reals first → 2B×3×S×S in −1…1, channels last."""
    images = crops.flatten(0, 1).permute(0, 3, 1, 2).float() / 127.5 - 1
    return images.contiguous(memory_format=torch.channels_last)


def pair_loss(
    logits: Tensor,
    cells: Tensor,
    masks: Tensor,
    located: Tensor,
    cells_weight: float,
    *,
    contrasts: bool = False,
) -> Tensor:
    """Cross-entropy of the frame logits plus that of the cells, where the mask says which are fake.

    ``logits`` 2B (reals first), ``cells`` 2B×s×s, ``masks`` B×1×m×m, ``located`` B in 0…1: 0 for
    a fake of which nobody knows where it was changed, whose cells are left out. A window that
    shows next to nothing of the manipulation is left out of the frame loss: nobody could tell. So
    is one that shows nothing else, where the logits are contrasts.
    """
    count = masks.shape[0]
    share = masks.mean(dim=(1, 2, 3))
    visible = ((share > _SEEN) & ~(contrasts & (share > _WHOLE) & (located > 0))).float()
    real = functional.softplus(logits[:count]).mean()
    fake = (functional.softplus(-logits[count:]) * visible).sum() / visible.sum().clamp(min=1)
    side = cells.shape[-1]
    covered = functional.adaptive_avg_pool2d(masks, side)[:, 0]  # B×s×s
    target = torch.cat([torch.zeros_like(covered), (covered / _CELL).clamp(max=1)])
    each = functional.binary_cross_entropy_with_logits(cells, target, reduction="none")
    known = torch.cat([torch.ones_like(located), located])
    local = (each.mean(dim=(1, 2)) * known).sum() / known.sum()
    return (real + fake) / 2 + cells_weight * local
