"""What a detector's contrast comes to on real pictures as coarse or as clean as the one at hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_LEVELS = 4
ENERGIES = 4 * _LEVELS
_COLOURS = (  # of red, green and blue: luma, and Cr and Cb
    (0.299, 0.587, 0.114),
    (0.5, -0.419, -0.081),
    (-0.169, -0.331, 0.5),
)
_FLOOR = 0.05  # grey levels; below it an octave holds nothing
_ROUNDS = 60  # of reweighting: the line moves no more


def energies(crops: Tensor) -> Tensor:
    """N×3×S×S of 0…255, S at least 16 → N×16: log mean size of four octaves of detail.

    Coefficients of Haar wavelets over squares of 2 to 16 pixels (Mallat, "A Theory for
    Multiresolution Signal Decomposition", IEEE PAMI 1989): luma across and down, luma crosswise,
    the same of chroma, each from fine to coarse. Compression, resizing, noise and blur all move
    them, each in its own way. An octave is one convolution of the bytes themselves, which bf16
    holds exactly, by weights that cancel in any arithmetic; differences of smoothed pictures would
    drown in its rounding.
    """
    rows = []
    for kernels in _KERNELS:
        stride = max(2, kernels.shape[-1] // 2)
        found = functional.conv2d(crops, kernels.to(crops.device), stride=stride)
        sizes = found.abs().mean(dim=(2, 3)).view(-1, len(_COLOURS), 3)  # by colour, direction
        luma, chroma = sizes[:, 0], sizes[:, 1:].mean(dim=1)
        rows += [luma[:, :2].mean(dim=1), luma[:, 2], chroma[:, :2].mean(dim=1), chroma[:, 2]]
    return (torch.stack(rows, dim=1) + _FLOOR).log()


def _haar(side: int) -> Tensor:
    """9×3×side×side: of each colour the differences of its halves across, down and crosswise."""
    sign = torch.ones(side)
    sign[side // 2 :] = -1
    flat = torch.ones(side)
    patterns = [torch.outer(flat, sign), torch.outer(sign, flat), torch.outer(sign, sign)]
    shares = torch.tensor(_COLOURS)
    kernels = shares[:, None, :, None, None] * torch.stack(patterns)[None, :, None] * 2 / side**2
    return kernels.flatten(0, 1)


# Made here and not where they are used: the first export of a process would trace how, and write
# another graph than the second.
_KERNELS = tuple(_haar(2 ** (level + 1)) for level in range(_LEVELS))


class Expectation(nn.Module):
    """A line through the middle of real pictures' contrasts over their :func:`energies`.

    A contrast rises with what happens to files: coarse compression stands out in places, too. What
    is to be expected of a real picture is taken off, so that no file is suspicious for its codec
    alone, nor another above suspicion for being clean. Through the middle, not the mean: contrasts
    have a long tail where pictures are coarse, and less their mean most coarse pictures would rank
    below clean ones. Fitted on real pictures only, so nothing of what sets fakes apart goes into
    it; beyond what it was fitted on it stays level.
    """

    low: Tensor
    high: Tensor
    slope: Tensor
    offset: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("low", torch.full((ENERGIES,), -10.0))
        self.register_buffer("high", torch.full((ENERGIES,), 10.0))
        self.register_buffer("slope", torch.zeros(ENERGIES))
        self.register_buffer("offset", torch.zeros(1))

    def forward(self, crops: Tensor) -> Tensor:
        """N×3×S×S of 0…255 → what to expect of each, N."""
        return self.of(energies(crops))

    def of(self, found: Tensor) -> Tensor:
        """The same of their energies, N×16."""
        within = torch.minimum(torch.maximum(found, self.low), self.high)
        return within @ self.slope + self.offset

    @torch.no_grad()
    def fit(self, found: Tensor, contrasts: Tensor) -> float:
        """Least absolute deviations over N×16 energies and N contrasts; their correlation.

        By reweighted least squares. Of each energy the outermost hundredths count as the nearest
        value inside.
        """
        low, high = (torch.quantile(found, share, dim=0) for share in (0.01, 0.99))
        within = torch.minimum(torch.maximum(found, low), high).double()
        centre, spread = within.mean(dim=0), within.std(dim=0) + 1e-6
        ones = torch.ones(len(within), 1, dtype=torch.float64)
        design = torch.cat([(within - centre) / spread, ones], dim=1)
        wanted = contrasts.double()
        least = 1e-3 * float(wanted.std()) + 1e-9  # nearer than this is on the line
        ridge = 1e-3 * len(within) * torch.eye(ENERGIES + 1, dtype=torch.float64)
        ridge[-1, -1] = 0  # neighbouring octaves say nearly the same; the offset is free
        weights = torch.ones_like(wanted)
        for _ in range(_ROUNDS):
            weighted = design.T * (weights / weights.mean())
            line = torch.linalg.solve(weighted @ design + ridge, weighted @ wanted)
            weights = 1 / (wanted - design @ line).abs().clamp(min=least)
        self.low.copy_(low)
        self.high.copy_(high)
        self.slope.copy_(line[:-1] / spread)
        self.offset.copy_(line[-1] - (line[:-1] / spread) @ centre)
        both = torch.stack([design @ line, wanted])
        return float(torch.corrcoef(both)[0, 1])
