"""The detector: Xception over single crops, a bidirectional LSTM over the crops of a clip."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unmask.models.trunk import Trunk
from unmask.models.xception import FEATURES, Xception

_SHARPNESS = 4.0  # of the attention: at infinity the highest cell alone counts


class FrameDetector(nn.Module):
    """A backbone (Xception unless given), and how far one place of the crop stands out of the rest.

    ``cells`` asks every cell of the last map whether *it* was changed. The logit is no average over
    them but a contrast: the cells' mean weighted towards the highest, less their plain mean, which
    is never below zero. What all cells share cancels: how coarse, how noisy, how well lit a picture
    is; a clean one cannot end lower than a coarse one for its cleanness alone. It is the pooling of
    multiple-instance learning by attention (Ilse, Tomczak & Welling, "Attention-based Deep Multiple
    Instance Learning", ICML 2018), with the cells' own answers for attention, less the average.
    """

    def __init__(self, trunk: Trunk | None = None, *, tf_padding: bool = True) -> None:
        super().__init__()
        self.trunk = Xception(tf_padding=tf_padding) if trunk is None else trunk
        self.cells = nn.Conv2d(self.trunk.features, 1, 1)
        self.head = nn.Linear(1, 1)
        nn.init.normal_(self.cells.weight, std=0.01)
        assert self.cells.bias is not None
        nn.init.zeros_(self.cells.bias)
        # A contrast begins at zero: so that a real crop's logit can lie below, it is moved there.
        nn.init.constant_(self.head.weight, 2)
        nn.init.constant_(self.head.bias, -2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """N×3×S×S in −1…1 → features N×D, frame logits N, maps N×s×s (mean + bias = logit)."""
        grid = self.trunk(x)  # N×D×s×s
        cells = self.cells(grid)[:, 0].float()
        shares = _shares(cells)
        features = (grid.float() * shares[:, None]).sum(dim=(2, 3))
        contrast = (cells * shares).sum(dim=(1, 2))
        level = contrast - cells.mean(dim=(1, 2))
        maps = (cells + level[:, None, None]) * self.head.weight[0]
        return features, self.head(contrast[:, None])[:, 0], maps

    def fit_forward(self, x: Tensor, averaged: bool = False) -> tuple[Tensor, Tensor]:
        """N×3×S×S → frame logits N and per-cell logits N×s×s, for fitting.

        ``averaged``: the cells' plain mean for a logit. Where nothing stands out yet, a contrast
        has next to no slope to begin with.
        """
        cells = self.cells(self.trunk(x))[:, 0].float()
        if averaged:
            return cells.mean(dim=(1, 2)), cells
        contrast = (cells * _shares(cells)).sum(dim=(1, 2), keepdim=True)[:, 0]
        return self.head(contrast)[:, 0], cells


def _shares(cells: Tensor) -> Tensor:
    """N×s×s logits → weights N×s×s that sum to zero, positive for the cells that stand out."""
    flat = cells.flatten(1)
    return (torch.softmax(_SHARPNESS * flat, dim=1) - 1 / flat.shape[1]).view_as(cells)


class TemporalDetector(nn.Module):
    """A bidirectional LSTM (Hochreiter & Schmidhuber 1997) over a clip's frame features.

    Features are standardised with statistics of the training features (kept as buffers), so that
    the LSTM sees the change from frame to frame at a fixed scale. The clip's logit comes from the
    mean and the maximum over time of both directions' outputs.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, hidden: int = 128, features: int = FEATURES) -> None:
        super().__init__()
        self.hidden = hidden
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.lstm = nn.LSTM(features, hidden, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(4 * hidden, 1)

    def forward(self, features: Tensor) -> Tensor:
        """B×T×D → clip logits B."""
        steps, _ = self.lstm((features - self.mean) * self.scale)  # B×T×2·hidden
        pooled = torch.cat([steps.mean(dim=1), steps.amax(dim=1)], dim=1)
        logits: Tensor = self.head(self.drop(pooled))[:, 0]
        return logits


class FrameGraph(nn.Module):
    """What is exported as ``backbone.onnx``: bytes in, so that no caller can normalise wrongly."""

    def __init__(self, detector: FrameDetector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """N×S×S×3 uint8 RGB → features, logits, maps."""
        x = crops.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1.0
        out: tuple[Tensor, Tensor, Tensor] = self.detector(x)
        return out
