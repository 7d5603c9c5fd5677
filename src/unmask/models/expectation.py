"""What a detector's contrast comes to on real pictures as coarse or as clean as the one at hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_LEVELS = 4
ENERGIES = 2 * _LEVELS
_LUMA = (0.299, 0.587, 0.114)
_CHROMA = (0.713, 0.564)  # of red and blue less luma: Cr and Cb
_FLOOR = 0.05  # grey levels; below it a band holds nothing


def energies(crops: Tensor) -> Tensor:
    """N×3×S×S of 0…255 → N×8: log mean size of four octaves of detail, in luma and in chroma.

    The bands are those of a Laplacian pyramid (Burt & Adelson, "The Laplacian Pyramid as a Compact
    Image Code", IEEE Trans. Commun. 1983). Compression, resizing, noise and blur all move them.
    """
    luma = sum(crops[:, i : i + 1] * share for i, share in enumerate(_LUMA))
    assert isinstance(luma, Tensor)
    red, blue = (crops[:, i : i + 1] - luma for i in (0, 2))
    found = []
    for picture in (luma, torch.cat([red * _CHROMA[0], blue * _CHROMA[1]], dim=1)):
        level = picture
        for _ in range(_LEVELS):
            smaller = functional.avg_pool2d(level, 2)
            back = functional.interpolate(smaller, size=level.shape[-2:], mode="bilinear")
            found.append(((level - back).abs().mean(dim=(1, 2, 3)) + _FLOOR).log())
            level = smaller
    return torch.stack(found, dim=1)


class Expectation(nn.Module):
    """A line through the contrasts of real pictures over their :func:`energies`.

    A contrast rises with what happens to files: coarse compression stands out in places, too. What
    is to be expected of a real picture is taken off, so that no file is suspicious for its codec
    alone, nor another above suspicion for being clean. Fitted on real pictures only, so nothing of
    what sets fakes apart goes into it; beyond what it was fitted on it stays level.
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
        within = torch.minimum(torch.maximum(energies(crops), self.low), self.high)
        return within @ self.slope + self.offset

    @torch.no_grad()
    def fit(self, found: Tensor, contrasts: Tensor) -> float:
        """Least squares over N×8 energies and N contrasts; the share of variance explained.

        Of each energy the outermost hundredths count as the nearest value inside.
        """
        low, high = (torch.quantile(found, share, dim=0) for share in (0.01, 0.99))
        within = torch.minimum(torch.maximum(found, low), high).double()
        centre = within.mean(dim=0)
        spread = within.std(dim=0) + 1e-6
        scaled = (within - centre) / spread
        wanted = contrasts.double()
        # A light ridge: neighbouring octaves say nearly the same.
        squares = scaled.T @ scaled + torch.eye(ENERGIES, dtype=torch.float64)
        weights = torch.linalg.solve(squares, scaled.T @ (wanted - wanted.mean())) / spread
        self.low.copy_(low)
        self.high.copy_(high)
        self.slope.copy_(weights)
        self.offset.copy_(wanted.mean() - weights @ centre)
        left = wanted - (within @ weights + self.offset.double())
        return float(1 - left.var() / (wanted.var() + 1e-12))
