"""Backbones by name: Xception, a toy for tests and trials, and any that timm has."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from unmask.core.errors import ModelInvalid
from unmask.core.extras import needing
from unmask.models.trunk import Trunk
from unmask.models.xception import Xception

TIMM = "timm:"


def make_trunk(name: str) -> Trunk:
    """``xception``, ``debug`` or ``timm:NAME``, without weights."""
    if name.startswith(TIMM):
        return TimmTrunk(name.removeprefix(TIMM))
    if name == "xception":
        return Xception()
    if name == "debug":
        return DebugTrunk()
    raise ModelInvalid(f"there is no backbone {name!r}", hint="xception, debug or timm:NAME")


class DebugTrunk(Trunk):
    """Four convolutions: enough to run every stage of a fit in seconds, and to learn a little."""

    features = inner = 32

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 8, 16, 32, self.features)
        self.convs = nn.ModuleList(
            nn.Conv2d(inside, outside, 3, stride=2, padding=1, bias=False)
            for inside, outside in pairwise(widths)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(outside) for outside in widths[1:])

    def levels(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """N×3×S×S → N×32×⌈S/16⌉×⌈S/16⌉, twice the same."""
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = functional.relu(norm(conv(x)))
        return x, x


class TimmTrunk(Trunk):
    """A convolutional network of timm, with its own normalisation inside."""

    mean: Tensor
    scale: Tensor

    def __init__(self, name: str) -> None:
        super().__init__()
        self.net = _create(name, pretrained=False)
        settings = self.net.pretrained_cfg
        mean, std = (torch.tensor(settings[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
        # x is 2p − 1 of a pixel p in 0…1, timm wants (p − mean) / std.
        self.register_buffer("mean", 2 * mean - 1)
        self.register_buffer("scale", 0.5 / std)
        with torch.no_grad():
            grid = self.eval()(torch.zeros(1, 3, 224, 224))
        if grid.ndim != 4:
            raise ModelInvalid(f"timm:{name} gives no grid of features", hint="take a CNN")
        self.features = self.inner = int(grid.shape[1])

    def levels(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Normalise as timm does, then the network's last grid, twice the same."""
        grid: Tensor = self.net.forward_features((x - self.mean) * self.scale)
        return grid, grid


def hub_weights(name: str) -> dict[str, Tensor]:
    """The weights that timm's hub has for ``name``, over the network unless it has them already."""
    weights: dict[str, Tensor] = _create(name, pretrained=True).state_dict()
    return weights


def _create(name: str, *, pretrained: bool) -> Any:
    with needing("timm", f"timm:{name}"):
        import timm
    try:
        return timm.create_model(name, pretrained=pretrained, num_classes=0, global_pool="")
    except Exception as error:  # timm and its hub raise classes of many libraries
        raise ModelInvalid(
            f"timm gives no {name}: {error}",
            hint="timm.list_models() names its networks; weights come over the network",
        ) from error
