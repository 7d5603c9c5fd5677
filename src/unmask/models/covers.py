"""What cells of a face rise by because something lies over it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_HIDDEN = 128
_DROPPED = 0.2  # of the channels, in fitting
_RARE = -2.0  # log odds of a cell's being covered, to begin with
_DOUBTED, _SURE = 0.5, 0.7  # of a crop's surest cell: below the first nothing is taken off it
_LEAST = 1e-3  # so that a root has a slope at nothing


class Covers(nn.Module):
    """Of every cell whether anything covers it, and what it rises by for what covers the face.

    A sticker, a caption or a hand is no part of the face, stands out of it and stays in its place,
    which is what a detector goes by. It is told in what the trunk's last convolutions are given,
    which knows a painted edge from a blended one, and in what they make of it. Where any cell of a
    crop is surely covered, each cell's rise is taken off, also of those around: they see the cover,
    too. Otherwise nothing is: what tells fakes apart stays as it was fitted.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.inside = nn.Conv2d(features, _HIDDEN, 1)
        self.beside = nn.Conv2d(_HIDDEN, _HIDDEN, 3, padding=1)
        self.answer = nn.Conv2d(_HIDDEN, 2, 1)
        self.drop = nn.Dropout2d(_DROPPED)
        nn.init.zeros_(self.answer.weight)
        assert self.answer.bias is not None
        with torch.no_grad():
            self.answer.bias.copy_(torch.tensor([_RARE, 0.0]))

    def forward(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        """N×D×s×s of :func:`both_levels` → log odds of being covered, and rises, N×s×s both."""
        x = functional.relu(self.inside(self.drop(seen)))
        x = functional.relu(x + self.beside(x))
        answer = self.answer(x)
        odds = answer[:, 0]
        return odds, torch.sigmoid(odds) * answer[:, 1]

    def off(self, cells: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Centred cells N×s×s less what they rise by, centred as well; and N in 0…1.

        These say how sure it is that something lies over the face itself. The outermost cells have
        no part in them: beyond the picture's edge a crop is black there, which hides no face.
        """
        odds, rise = self(seen)
        sure = torch.sigmoid(odds)
        part = ((sure.amax(dim=(1, 2)) - _DOUBTED) / (_SURE - _DOUBTED)).clamp(0, 1)
        inner = sure[:, 1:-1, 1:-1] if sure.shape[-1] > 2 else sure
        return less(cells, part[:, None, None] * rise), inner.amax(dim=(1, 2))


def both_levels(inner: Tensor, grid: Tensor) -> Tensor:
    """What a trunk's last convolutions are given and what they make of it, alike in size."""
    return torch.cat([inner / 2, (grid.clamp(min=0) + _LEAST).sqrt()], dim=1)


def less(cells: Tensor, rise: Tensor) -> Tensor:
    """Centred cells N×s×s less ``rise``, centred as well."""
    return cells - (rise - rise.mean(dim=(1, 2), keepdim=True))
