"""The detector: Xception over single crops, a bidirectional LSTM over the crops of a clip."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from unmask.models.covers import Covers, both_levels
from unmask.models.expectation import Expectation
from unmask.models.places import Places
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
    What stands out of real faces as much (``places``) is no contrast, nor what cells rise by for
    something that lies over the face (``covers``, where there are any); fits do without.
    """

    def __init__(self, trunk: Trunk | None = None) -> None:
        super().__init__()
        self.trunk = Xception() if trunk is None else trunk
        self.cells = nn.Conv2d(self.trunk.features, 1, 1)
        self.head = nn.Linear(1, 1)
        self.covers: Covers | None = None
        self.places = Places()
        self.expectation = Expectation()
        nn.init.normal_(self.cells.weight, std=0.01)
        assert self.cells.bias is not None
        nn.init.zeros_(self.cells.bias)
        # A contrast begins at zero: so that a real crop's logit can lie below, it is moved there.
        nn.init.constant_(self.head.weight, 2)
        nn.init.constant_(self.head.bias, -2)

    @property
    def sharpness(self) -> float:
        """Of the attention, for cells as :meth:`contrast` gives them, which are as large as logits.

        The contrast is then ``(softmax(sharpness × cells) × cells).sum()`` of centred cells.
        """
        return _SHARPNESS / float(self.head.weight.detach())

    def contrast(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """N×3×S×S in −1…1 → features N×D, contrasts N from 0, maps N×s×s, cells N×s×s.

        See :meth:`contrast_and_covered`.
        """
        return self.contrast_and_covered(x)[:4]

    def contrast_and_covered(
        self, x: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None]:
        """N×3×S×S in −1…1 → features N×D, contrasts N from 0, maps N×s×s, cells N×s×s, covered N.

        A map says what each cell gives to the contrast, which is its mean; ``cells`` how far each
        stands out, centred and as large as logits.

        What all cells share is taken off before anything else, so that arithmetic of few digits
        (bf16) spends them on what is left. ``covered`` in 0…1: whether something lies over the
        face; None without ``covers``.
        """
        around, cells, covered = self._around(x)
        beyond, shares = self._each(cells)
        features = (around * shares[:, None]).sum(dim=(2, 3))
        each = beyond * shares
        maps = each * (cells.shape[1] * cells.shape[2])
        return features, each.sum(dim=(1, 2)), maps, beyond, covered

    def centred_cells(self, x: Tensor) -> Tensor:
        """N×3×S×S → N×s×s: how far each cell stands out of its crop, for :meth:`contrasts_of`."""
        return self._around(x)[1]

    @staticmethod
    def sharpest(cells: Tensor) -> Tensor:
        """Cells N×s×s → their mean weighted towards the highest, N; of centred ones the contrast.

        Nothing taken off, and before the head's gain.
        """
        return (cells * _shares(cells)).sum(dim=(1, 2))

    def contrasts_of(self, cells: Tensor) -> Tensor:
        """Centred cells N×s×s → contrasts N, as :meth:`contrast` has them."""
        beyond, shares = self._each(cells)
        return (beyond * shares).sum(dim=(1, 2))

    def standing_out(self, cells: Tensor) -> Tensor:
        """Centred cells N×s×s → how far each stands out beyond what is usual, as large as logits.

        What :meth:`contrast` gives fourth.
        """
        return self._each(cells)[0]

    def with_covers(self) -> Covers:
        """New :class:`Covers`, which from now on are the detector's: they take nothing off yet."""
        self.covers = Covers(self.trunk.inner + self.trunk.features)
        return self.covers

    def beneath(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """N×3×S×S → what covers are told by, N×D×s×s, and centred cells N×s×s as without any."""
        inner, grid = self.trunk.levels(x)
        return both_levels(inner, grid), self._centred(grid)[1]

    def _around(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        inner, grid = self.trunk.levels(x)
        around, cells = self._centred(grid)
        if self.covers is None:
            return around, cells, None
        return around, *self.covers.off(cells, both_levels(inner, grid))

    def _centred(self, grid: Tensor) -> tuple[Tensor, Tensor]:
        around = grid - grid.mean(dim=(2, 3), keepdim=True)
        return around, functional.conv2d(around, self.cells.weight)[:, 0]

    def _each(self, cells: Tensor) -> tuple[Tensor, Tensor]:
        """How far each cell stands out, and its share of the weight, N×s×s both."""
        beyond = self.places(cells)
        return beyond * self.head.weight, _shares(beyond)  # the gain is 1×1

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As :meth:`contrast`, with the frame's logit in its place: the bias comes on top."""
        features, found, maps, _cells = self.contrast(x)
        assert self.head.bias is not None
        return features, found + self.head.bias, maps

    def fit_forward(self, x: Tensor, averaged: bool = False) -> tuple[Tensor, Tensor]:
        """N×3×S×S → frame logits N and per-cell logits N×s×s, for fitting.

        ``averaged``: the cells' plain mean for a logit. Where nothing stands out yet, a contrast
        has next to no slope to begin with.
        """
        cells = self.cells(self.trunk(x))[:, 0].float()
        mean = cells.mean(dim=(1, 2))
        if averaged:
            idle = self.head(mean[:, None])[:, 0]  # several processes need a gradient of everything
            return mean + 0 * idle, cells
        found = self.sharpest(cells) - mean
        return self.head(found[:, None])[:, 0], cells


def _shares(cells: Tensor) -> Tensor:
    """N×s×s logits → weights N×s×s that sum to one, largest for the cells that stand out."""
    return torch.softmax(_SHARPNESS * cells.flatten(1), dim=1).view_as(cells)


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
    """What is exported as ``backbone.onnx``: bytes in, so that no caller can normalise wrongly.

    Its logits are contrasts less what is to be expected of a real picture as coarse
    (:class:`Expectation`), without the bias, which calibration supplies: near zero, where what is
    real lies, floating point is finest.
    """

    def __init__(self, detector: FrameDetector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        """N×S×S×3 uint8 RGB → features, logits, maps, and cells, which frames are pooled by.

        With covers a fifth follows, N in 0…1: whether something lies over the face.
        """
        pixels = crops.permute(0, 3, 1, 2).to(torch.float32)
        *found, covered = self.detector.contrast_and_covered(pixels / 127.5 - 1.0)
        features, contrasts, maps, cells = found
        usual = self.detector.expectation(pixels)
        answers = (features, contrasts - usual, maps - usual[:, None, None], cells)
        return answers if covered is None else (*answers, covered)
