"""A warp-field animator: moves one picture of a face to other landmarks, as talking-head tools do.

Siarohin et al., "First Order Motion Model for Image Animation", NeurIPS 2019, made small: each
landmark proposes to shift its surroundings, all five together propose a similarity, and the
background proposes to stay; a network weighs the proposals into one dense flow and says where the
flow uncovers what the source does not show. The source's features are warped by it, and a decoder
draws every pixel anew. Its landmarks are the product's five, given and not learnt.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from unmask.models.renderer import Residual, Upsampling, enlarging, reconstruction_loss

_POINTS = 5
_PROPOSALS = _POINTS + 2
_SPREAD = 0.06  # of a heat map's peak, in shares of the side
_CORRECTION = 0.05  # largest flow that is not proposed


class Moved(NamedTuple):
    """What an animator makes of N pictures of side S.

    ``drawn`` N×3×S×S in −1…1; ``flow`` N×2×S/4×S/4, where each place was taken from, as a
    displacement in shares of the side; ``warped`` N×3×S/4×S/4, the source's own pixels moved by it;
    ``shown`` N×1×S/4×S/4, 1 where the source shows what is wanted and 0 where it is uncovered.
    """

    drawn: Tensor
    flow: Tensor
    warped: Tensor
    shown: Tensor


class Animator(nn.Module):
    """At any side divisible by 16. ``width`` is the number of channels at half the side."""

    def __init__(self, upsampling: Upsampling, width: int) -> None:
        super().__init__()
        narrow, wide = max(8, width // 2), 2 * width
        self.encoder = nn.ModuleList(
            [
                nn.Sequential(
                    nn.Conv2d(3, narrow, 3, padding=1),
                    nn.SiLU(),
                    nn.Conv2d(narrow, width, 4, stride=2, padding=1),
                    nn.SiLU(),
                ),
                nn.Sequential(nn.Conv2d(width, wide, 4, stride=2, padding=1), nn.SiLU()),
            ]
        )
        self.motion = _Motion(width)
        self.decoder = nn.ModuleList(
            [
                nn.Sequential(Residual(wide), nn.SiLU(), Residual(wide), nn.SiLU()),
                enlarging(upsampling, wide, width),
                nn.Sequential(nn.SiLU(), nn.Conv2d(2 * width, width, 3, padding=1), nn.SiLU()),
                enlarging(upsampling, width, narrow),
                nn.Sequential(nn.SiLU(), nn.Conv2d(narrow, 3, 3, padding=1), nn.Tanh()),
            ]
        )

    def forward(self, source: Tensor, before: Tensor, after: Tensor) -> Moved:
        """``source`` N×3×S×S in −1…1; its landmarks and those wanted, N×5×2 in shares of S."""
        flow, warped, shown = self.motion(source, before, after)
        fine = self.encoder[0](source)  # N×W×S/2×S/2
        coarse = self.encoder[1](fine)  # N×2W×S/4×S/4
        x = self.decoder[0](_sample(coarse, flow) * shown)
        x = self.decoder[1](x)
        skipped = _sample(fine, _resized(flow, fine)) * _resized(shown, fine)
        x = self.decoder[2](torch.cat([x, skipped], dim=1))
        return Moved(self.decoder[4](self.decoder[3](x)), flow, warped, shown)


class _Motion(nn.Module):
    """From landmarks and a small source to the flow and what it uncovers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        seen = 3 * _PROPOSALS + 2 * _POINTS
        self.outer = nn.Sequential(nn.Conv2d(seen, width, 3, padding=1), nn.SiLU())
        self.inner = nn.Sequential(
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(2 * width, 2 * width, 4, stride=2, padding=1),
            nn.SiLU(),
            Residual(2 * width),
            nn.SiLU(),
            nn.Upsample(scale_factor=2, mode="bilinear"),
            nn.Conv2d(2 * width, width, 3, padding=1),
            nn.SiLU(),
            nn.Upsample(scale_factor=2, mode="bilinear"),
        )
        self.head = nn.Conv2d(2 * width, _PROPOSALS + 3, 3, padding=1)

    def forward(
        self, source: Tensor, before: Tensor, after: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        small = functional.avg_pool2d(source, 4)
        count, _, side, _ = small.shape
        proposals = _proposals(before, after, side)  # N×P×2×s×s
        repeated = small.repeat_interleave(_PROPOSALS, dim=0)
        tried = _sample(repeated, proposals.flatten(0, 1)).reshape(count, -1, side, side)
        heat = torch.cat([_heat(before, side), _heat(after, side)], dim=1)
        x = self.outer(torch.cat([tried, heat], dim=1))
        said = self.head(torch.cat([x, self.inner(x)], dim=1)).float()
        weights = said[:, :_PROPOSALS].softmax(dim=1)
        flow = (weights[:, :, None] * proposals).sum(dim=1)
        flow = flow + _CORRECTION * said[:, _PROPOSALS : _PROPOSALS + 2].tanh()
        # It begins with everything shown: a network that hides its source learns no flow.
        return flow, _sample(small, flow), (said[:, -1:] + 2.0).sigmoid()


def animation_loss(moved: Moved, wanted: Tensor) -> Tensor:
    """Of the picture drawn, and of the flow where it claims to find what is wanted."""
    small = functional.avg_pool2d(wanted, 4)
    astray = (moved.shown * (moved.warped - small).abs()).mean()
    hidden = (1 - moved.shown).mean()
    return reconstruction_loss(moved.drawn, wanted) + 0.5 * astray + 0.02 * hidden


def _proposals(before: Tensor, after: Tensor, side: int) -> Tensor:
    """N×P×2×s×s: displacements by each landmark, by all as a similarity, and none."""
    count = len(before)
    shifts = (before - after)[:, :, :, None, None].expand(-1, -1, -1, side, side)
    place = torch.view_as_complex(_grid(side, before).permute(1, 2, 0).contiguous())
    start, stop = (torch.view_as_complex(x.float().contiguous()) for x in (after, before))
    middle, aim = start.mean(dim=1, keepdim=True), stop.mean(dim=1, keepdim=True)
    # In complex numbers a similarity is one multiplication: least squares over the five points.
    turn = ((start - middle).conj() * (stop - aim)).sum(dim=1) / (
        (start - middle).abs().square().sum(dim=1) + 1e-6
    )
    found = turn[:, None, None] * (place - middle[:, :, None]) + aim[:, :, None] - place
    alike = torch.view_as_real(found).permute(0, 3, 1, 2)[:, None]
    still = torch.zeros(count, 1, 2, side, side, device=before.device)
    return torch.cat([shifts, alike, still], dim=1)


def _heat(points: Tensor, side: int) -> Tensor:
    """N×5×s×s: a round peak at each landmark."""
    gap = _grid(side, points)[None, None] - points[:, :, :, None, None]
    return torch.exp(-gap.square().sum(dim=2) / (2 * _SPREAD**2))


def _grid(side: int, like: Tensor) -> Tensor:
    """2×s×s: x and y of each cell's centre, in shares of the side."""
    along = (torch.arange(side, device=like.device, dtype=torch.float32) + 0.5) / side
    return torch.stack([along.expand(side, side), along[:, None].expand(side, side)])


def _sample(picture: Tensor, flow: Tensor) -> Tensor:
    """``picture`` N×C×s×s at each place plus ``flow`` N×2×s×s."""
    places = (_grid(flow.shape[-1], flow) + flow).permute(0, 2, 3, 1) * 2 - 1
    return functional.grid_sample(
        picture.float(), places.float(), padding_mode="border", align_corners=False
    )


def _resized(x: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(x, size=like.shape[-2:], mode="bilinear")
