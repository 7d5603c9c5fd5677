"""Small face autoencoders whose reconstructions carry the marks that generators leave.

A talking-head or lip-sync network renders every pixel of what it changes. What gives it away is
not a seam but its decoder: how it up-samples, what detail its bottleneck loses. So pseudo-fakes of
that kind are made with decoders of the same build: transposed convolutions, nearest-neighbour
up-sampling with convolutions, or pixel shuffle (Odena et al., "Deconvolution and Checkerboard
Artifacts", Distill 2016).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from unmask.models.xception import Xception

Upsampling = Literal["transposed", "nearest", "bilinear", "shuffle"]
_CRITIC_WIDTHS = (32, 64, 128)
_PERCEIVED = 3  # blocks


def enlarging(kind: Upsampling, inside: int, outside: int) -> nn.Module:
    """Double the side: N×inside×h×w → N×outside×2h×2w."""
    if kind == "transposed":
        return nn.ConvTranspose2d(inside, outside, 4, stride=2, padding=1)
    if kind == "shuffle":
        return nn.Sequential(nn.Conv2d(inside, 4 * outside, 3, padding=1), nn.PixelShuffle(2))
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode=kind), nn.Conv2d(inside, outside, 3, padding=1)
    )


class Residual(nn.Module):
    """N×width×h×w → the same shape."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Two convolutions, and what came in."""
        out: Tensor = x + self.body(x)
        return out


class Renderer(nn.Module):
    """An autoencoder at any side divisible by 8: N×3×S×S in −1…1 → the same shape and range.

    ``bottleneck`` is the number of channels left once the side has been halved ``halvings`` times,
    2 or 3: the fewer, the more detail has to be invented. ``width`` is the number of channels at
    half the side; it doubles with every halving.
    """

    def __init__(
        self, upsampling: Upsampling, bottleneck: int, halvings: int = 3, width: int = 32
    ) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(halvings)]
        wide = widths[-1]
        encoder: list[nn.Module] = []
        for inside, outside in pairwise((3, *widths)):
            encoder += [nn.Conv2d(inside, outside, 4, stride=2, padding=1), nn.SiLU()]
        encoder[-1:] = [Residual(wide), nn.SiLU(), nn.Conv2d(wide, bottleneck, 1)]
        decoder: list[nn.Module] = [nn.Conv2d(bottleneck, wide, 1), Residual(wide), nn.SiLU()]
        for inside, outside in pairwise((*reversed(widths), widths[0] // 2)):
            decoder += [enlarging(upsampling, inside, outside), nn.SiLU()]
        decoder += [nn.Conv2d(widths[0] // 2, 3, 3, padding=1), nn.Tanh()]
        self.encoder, self.decoder = nn.Sequential(*encoder), nn.Sequential(*decoder)

    def forward(self, x: Tensor) -> Tensor:
        """Reconstruct a batch."""
        out: Tensor = self.decoder(self.encoder(x))
        return out


class PatchCritic(nn.Module):
    """Judges 34-px patches (Isola et al., CVPR 2017): N×3×S×S → N×1×s×s, high for real."""

    def __init__(self) -> None:
        super().__init__()
        small, middle, wide = _CRITIC_WIDTHS
        self.body = nn.Sequential(
            nn.Conv2d(3, small, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(small, middle, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(middle, wide, 4, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(wide, 1, 4, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Score every patch."""
        out: Tensor = self.body(x)
        return out


class Perception(nn.Module):
    """How unlike two pictures look: the distance of an ImageNet network's early features.

    Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR
    2018, without the learnt weights, and over Xception's first blocks. What is drawn by it is
    sharp, with detail that is invented where it has been lost, as real tools' networks invent it.
    """

    def __init__(self, trunk: Xception) -> None:
        super().__init__()
        self.trunk = trunk.eval().requires_grad_(False)

    def forward(self, drawn: Tensor, wanted: Tensor) -> Tensor:
        """N×3×S×S in −1…1, S at least 32 → their mean distance."""
        loss = torch.zeros((), device=drawn.device)
        for one, other in zip(self._levels(drawn), self._levels(wanted), strict=True):
            units = (
                functional.normalize(one.float(), dim=1),
                functional.normalize(other.float(), dim=1),
            )
            loss = loss + (units[0] - units[1]).square().sum(dim=1).mean()
        return loss

    def _levels(self, x: Tensor) -> Iterator[Tensor]:
        trunk = self.trunk
        x = functional.relu(trunk.bn1(trunk.conv1(x)))
        x = functional.relu(trunk.bn2(trunk.conv2(x)))
        yield x
        for number in range(1, _PERCEIVED + 1):
            x = trunk.get_submodule(f"block{number}")(x)
            yield functional.relu(x)


def reconstruction_loss(rendered: Tensor, wanted: Tensor) -> Tensor:
    """L1 on pixels and on their differences: the second keeps edges from washing out."""

    def gradients(x: Tensor) -> tuple[Tensor, Tensor]:
        return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]

    loss = (rendered - wanted).abs().mean()
    for a, b in zip(gradients(rendered), gradients(wanted), strict=True):
        loss = loss + (a - b).abs().mean()
    return torch.as_tensor(loss)
