"""What a backbone is to the detector."""

from __future__ import annotations

from torch import Tensor, nn


class Trunk(nn.Module):
    """A convolutional network: N×3×S×S floats in −1…1 → a grid N×``features``×s×s."""

    features: int
    inner: int  # channels of what the last convolutions are given

    def levels(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the last convolutions are given, N×``inner``×s×s, and the grid."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """The grid."""
        return self.levels(x)[1]
