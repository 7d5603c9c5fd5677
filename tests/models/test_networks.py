"""The networks themselves: shapes, padding, names, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from unmask.core.errors import ModelInvalid
from unmask.models.backbones import make_trunk
from unmask.models.detector import FrameDetector, TemporalDetector
from unmask.models.renderer import (
    PatchCritic,
    Perception,
    Renderer,
    Upsampling,
    reconstruction_loss,
)
from unmask.models.trunk import Trunk
from unmask.models.weights import load_trunk, read_tensors, write_tensors
from unmask.models.xception import Block, Xception


@pytest.mark.parametrize("side", [8, 9, 13])
def test_pooling_pads_as_tensorflow_does(side: int) -> None:
    """SAME at stride 2, from its definition: the lacking rows go after the picture first."""
    block = Block(4, 4, 1, stride=2, start_with_relu=False)
    pool = block.rep[-1]
    x = torch.randn(1, 4, side, side)
    out = -(-side // 2)
    lacking = max(0, (out - 1) * 2 + 3 - side)
    padded = functional.pad(x, (lacking // 2, lacking - lacking // 2) * 2, value=float("-inf"))
    torch.testing.assert_close(pool(x), functional.max_pool2d(padded, 3, stride=2))


@pytest.mark.parametrize(("side", "cells"), [(224, 7), (96, 3)])
def test_xception_gives_a_grid(side: int, cells: int) -> None:
    with torch.no_grad():
        assert Xception().eval()(torch.zeros(1, 3, side, side)).shape == (1, 2048, cells, cells)


def test_xception_has_the_published_size() -> None:
    """Keras's Xception without its top."""
    network = Xception()
    assert sum(p.numel() for p in network.parameters()) == 20_806_952
    names = {name for name, _ in network.named_parameters()}
    assert {"block2.rep.1.pointwise.weight", "block12.skipbn.bias", "bn4.weight"} <= names


def test_the_frame_head_is_the_mean_of_its_map() -> None:
    detector = FrameDetector(make_trunk("debug")).eval()
    torch.nn.init.constant_(detector.head.weight, 1.7)
    torch.nn.init.constant_(detector.head.bias, -0.4)
    x = torch.randn(3, 3, 84, 84)
    with torch.no_grad():
        features, logits, maps = detector(x)
        fitted, cells = detector.fit_forward(x)
        averaged, _ = detector.fit_forward(x, averaged=True)
        weighed = features @ detector.cells.weight[0, :, 0, 0]
    assert features.shape == (3, 32)
    torch.testing.assert_close(maps.mean(dim=(1, 2)) + detector.head.bias, logits)
    torch.testing.assert_close(fitted, logits)
    torch.testing.assert_close(averaged, cells.mean(dim=(1, 2)))
    torch.testing.assert_close(weighed * 1.7 - 0.4, logits)  # the head sees nothing else
    highest = cells.flatten(1).argmax(dim=1)
    assert torch.equal(maps.flatten(1).argmax(dim=1), highest)


class _Grid(Trunk):
    """The crop's first two channels for features, in cells of one pixel."""

    features = inner = 2

    def levels(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x[:, :2], x[:, :2]


def test_a_frame_is_judged_by_what_stands_out() -> None:
    detector = FrameDetector(_Grid())
    with torch.no_grad():
        detector.cells.weight.copy_(torch.tensor([1.0, 0.0]).reshape(1, 2, 1, 1))
        detector.head.weight.fill_(1)
        detector.head.bias.fill_(0)
    even = torch.zeros(1, 3, 4, 4)
    spot = even.clone()
    spot[0, 0, 1, 2] = 2.0
    hole = even.clone()
    hole[0, 0, 1, 2] = -2.0
    with torch.no_grad():
        logits = detector(torch.cat([even, even - 5, spot, spot - 5, hole]))[1]
    assert logits[:2].tolist() == pytest.approx([0, 0], abs=1e-6)
    assert float(logits[2]) == pytest.approx(float(logits[3]), abs=1e-5)  # the level is nothing
    assert 1.5 < float(logits[2]) < 2
    assert 0 < float(logits[4]) < 0.2  # one cell surer than the others that it is real


def test_an_unknown_backbone_is_refused() -> None:
    with pytest.raises(ModelInvalid, match="resnet"):
        make_trunk("resnet")


def test_the_temporal_detector_sees_the_order_of_frames() -> None:
    torch.manual_seed(1)
    detector = TemporalDetector(16, 32).eval()
    clip = torch.randn(1, 6, 32)
    with torch.no_grad():
        forward, shuffled = detector(clip), detector(clip[:, [3, 0, 5, 1, 4, 2]])
    assert abs(float(forward - shuffled)) > 1e-4


@pytest.mark.parametrize("halvings", [2, 3])
@pytest.mark.parametrize("kind", ["transposed", "nearest", "bilinear", "shuffle"])
def test_renderers_learn_to_reconstruct(
    kind: Upsampling, halvings: int, crops: NDArray[np.uint8]
) -> None:
    torch.manual_seed(2)
    net = Renderer(kind, 16, halvings)
    x = torch.from_numpy(crops[:2, ::2, ::2]).permute(0, 3, 1, 2).float() / 127.5 - 1
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3)
    losses = []
    for _ in range(25):
        loss = reconstruction_loss(net(x), x)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(float(loss.detach()))
    assert net(x).shape == x.shape
    assert losses[-1] < 0.9 * losses[0]
    assert PatchCritic()(x).shape[:2] == (2, 1)


def test_what_looks_alike_is_near_and_is_drawn_towards(crops: NDArray[np.uint8]) -> None:
    torch.manual_seed(3)
    perception = Perception(Xception())
    x = torch.from_numpy(crops[:2, ::2, ::2]).permute(0, 3, 1, 2).float() / 127.5 - 1
    soft = torch.nn.functional.avg_pool2d(x, 5, stride=1, padding=2).requires_grad_()
    near = 0.9 * x + 0.1 * soft.detach()
    assert float(perception(x, x)) == 0
    loss = perception(soft, x)
    assert 0 < float(perception(near, x)) < float(loss.detach())
    torch.autograd.backward(loss)
    assert soft.grad is not None
    assert float(soft.grad.abs().mean()) > 0
    assert all(parameter.grad is None for parameter in perception.parameters())


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    write_tensors({"a": torch.ones(3)}, path)
    path.with_name(f"{path.name}.partial").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space"):
        write_tensors({"a": torch.zeros(3)}, path)
    assert torch.equal(read_tensors(path)["a"], torch.ones(3))
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_weights_of_another_network_are_named() -> None:
    with pytest.raises(ModelInvalid, match=r"elsewhere holds weights of another network: stem\.w"):
        load_trunk(Xception(), {"stem.w": torch.ones(1)}, "elsewhere")
    with pytest.raises(ModelInvalid, match="other shapes"):
        load_trunk(Xception(), {"conv1.weight": torch.ones(1)}, "elsewhere")
