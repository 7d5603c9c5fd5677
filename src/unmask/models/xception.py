"""Xception (Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", CVPR 2017).

Parameter names are those of timm's ``legacy_xception`` and of Cadene's checkpoints, so that both
load as they are. Pooling pads as TensorFlow's SAME does, since weights that come from Keras were
fitted with it: at a stride of 2 it pads after the picture, PyTorch before it.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from unmask.models.trunk import Trunk

FEATURES = 2048
_EPS = 1e-3  # as in Keras


class SeparableConv2d(nn.Module):
    """A 3×3 depthwise convolution, then a 1×1 across channels."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, inside, 3, padding=1, groups=inside, bias=False)
        self.pointwise = nn.Conv2d(inside, outside, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """N×inside×h×w → N×outside×h×w."""
        out: Tensor = self.pointwise(self.conv1(x))
        return out


class _SamePool(nn.Module):
    """3×3 max pooling at stride 2, padded as TensorFlow does."""

    def forward(self, x: Tensor) -> Tensor:
        # SAME at stride 2: an even side lacks one row, after the last; an odd one lacks two.
        rows, columns = x.shape[-2] % 2, x.shape[-1] % 2
        padded = functional.pad(x, (columns, 1, rows, 1), value=float("-inf"))
        return functional.max_pool2d(padded, 3, stride=2)


class Block(nn.Module):
    """``reps`` separable convolutions round a skip connection, halving the side at stride 2."""

    def __init__(
        self,
        inside: int,
        outside: int,
        reps: int,
        *,
        stride: int = 1,
        start_with_relu: bool = True,
        grow_first: bool = True,
    ) -> None:
        super().__init__()
        self.skip: nn.Conv2d | None = None
        if outside != inside or stride != 1:
            self.skip = nn.Conv2d(inside, outside, 1, stride=stride, bias=False)
            self.skipbn = nn.BatchNorm2d(outside, eps=_EPS)
        layers: list[nn.Module] = []
        for index in range(reps):
            first = outside if index > 0 and grow_first else inside
            last = outside if grow_first or index == reps - 1 else inside
            layers += [nn.ReLU(), SeparableConv2d(first, last), nn.BatchNorm2d(last, eps=_EPS)]
        if not start_with_relu:
            layers = layers[1:]
        if stride != 1:
            layers.append(_SamePool())
        self.rep = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """N×inside×h×w → N×outside×⌈h/stride⌉×⌈w/stride⌉."""
        out: Tensor = self.rep(x)
        return out + (x if self.skip is None else self.skipbn(self.skip(x)))


class Xception(Trunk):
    """The convolutional trunk, without a classifier.

    Input N×3×S×S floats as x/127.5 − 1 of RGB; output N×2048×s×s after the last ReLU, where
    s = 7 for S = 224.
    """

    features = FEATURES
    inner = 1024

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(32, eps=_EPS)
        self.conv2 = nn.Conv2d(32, 64, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(64, eps=_EPS)
        plan = [(64, 128, 2, 2), (128, 256, 2, 2), (256, 728, 2, 2)]
        plan += [(728, 728, 3, 1)] * 8 + [(728, 1024, 2, 2)]
        self.blocks = len(plan)
        for number, (inside, outside, reps, stride) in enumerate(plan, start=1):
            block = Block(
                inside,
                outside,
                reps,
                stride=stride,
                start_with_relu=number > 1,
                grow_first=number < self.blocks,
            )
            self.add_module(f"block{number}", block)
        self.conv3 = SeparableConv2d(1024, 1536)
        self.bn3 = nn.BatchNorm2d(1536, eps=_EPS)
        self.conv4 = SeparableConv2d(1536, FEATURES)
        self.bn4 = nn.BatchNorm2d(FEATURES, eps=_EPS)

    def levels(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The last block's output, and the grid."""
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.relu(self.bn2(self.conv2(x)))
        for number in range(1, self.blocks + 1):
            x = self.get_submodule(f"block{number}")(x)
        beyond = functional.relu(self.bn3(self.conv3(x)))
        return x, functional.relu(self.bn4(self.conv4(beyond)))
