"""What a backbone is to the detector."""

from __future__ import annotations

from torch import nn


class Trunk(nn.Module):
    """A convolutional network: N×3×S×S floats in −1…1 → a grid N×``features``×s×s."""

    features: int
