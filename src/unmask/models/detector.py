"""The detector: Xception over single crops, a bidirectional LSTM over the crops of a clip."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unmask.models.trunk import Trunk
from unmask.models.xception import FEATURES, Xception


class FrameDetector(nn.Module):
    """A backbone (Xception unless given) with a linear head on its averaged features.

    Because the head is linear and the average is too, each cell's share of the logit is known
    without a second pass: the class-activation map of Zhou et al., "Learning Deep Features for
    Discriminative Localization", CVPR 2016. ``cells`` is used in fitting only: it asks every cell
    whether *it* was changed, which keeps the map honest about where the evidence lies.
    """

    def __init__(self, trunk: Trunk | None = None, *, tf_padding: bool = True) -> None:
        super().__init__()
        self.trunk = Xception(tf_padding=tf_padding) if trunk is None else trunk
        self.head = nn.Linear(self.trunk.features, 1)
        self.cells = nn.Conv2d(self.trunk.features, 1, 1)
        for layer in (self.head, self.cells):
            nn.init.normal_(layer.weight, std=0.01)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """N×3×S×S in −1…1 → features N×D, frame logits N, maps N×s×s (mean + bias = logit)."""
        grid = self.trunk(x)  # N×D×s×s
        features = grid.mean(dim=(2, 3))
        contribution = torch.einsum("ncij,c->nij", grid, self.head.weight[0])
        return features, self.head(features)[:, 0], contribution

    def fit_forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """N×3×S×S → frame logits N and per-cell logits N×s×s, for fitting."""
        grid = self.trunk(x)
        return self.head(grid.mean(dim=(2, 3)))[:, 0], self.cells(grid)[:, 0]


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
