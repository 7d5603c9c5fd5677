"""What cells rise by for what lies over a face is taken off, and only where it surely does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from unmask.models.backbones import make_trunk
from unmask.models.covers import Covers, less
from unmask.models.detector import FrameDetector
from unmask.models.export import export_backbone
from unmask.models.package_weights import load_frame_weights
from unmask.runtime.session import SessionOptions, open_session

SIZE = 112


def _images(count: int = 3) -> tuple[Tensor, Tensor]:
    crops = torch.randint(0, 256, (count, SIZE, SIZE, 3), dtype=torch.uint8)
    return crops, crops.permute(0, 3, 1, 2) / 127.5 - 1


def _told(covers: Covers, odds: float, spread: float = 1.0) -> Covers:
    """Covers whose cells all have these odds, and rises that differ."""
    with torch.no_grad():
        covers.answer.weight[1].normal_(0, spread)
        covers.answer.bias.copy_(torch.tensor([odds, 0.3]))
    return covers.eval()


def test_unfitted_they_take_nothing_off() -> None:
    torch.manual_seed(0)
    detector = FrameDetector(make_trunk("debug")).eval()
    _, x = _images()
    before = detector.contrast(x)
    detector.with_covers().eval()
    for was, found in zip(before, detector.contrast(x), strict=True):
        assert torch.equal(was, found)


def test_what_is_not_surely_covered_stays_exactly_as_it_was() -> None:
    torch.manual_seed(0)
    seen, cells = torch.randn(4, 10, 6, 6), torch.randn(4, 6, 6)
    cells = cells - cells.mean(dim=(1, 2), keepdim=True)
    doubted = _told(Covers(10), odds=-0.1)
    off, surest = doubted.off(cells, seen)
    assert torch.equal(off, cells)
    assert surest.shape == (4,)
    assert surest.max() < 0.5
    assert not torch.equal(doubted(seen)[1], torch.zeros_like(cells))
    sure = _told(Covers(10), odds=2.0)
    off, surest = sure.off(cells, seen)
    assert surest.min() > 0.7
    assert torch.allclose(off, less(cells, sure(seen)[1]), atol=1e-6)
    assert off.mean(dim=(1, 2)).abs().max() < 1e-6


def test_a_map_without_a_middle_has_no_edge() -> None:
    covers = _told(Covers(10), odds=2.0)
    _, surest = covers.off(torch.zeros(2, 2, 2), torch.randn(2, 10, 2, 2))
    assert surest.min() > 0.7


def test_one_covered_cell_lets_all_be_corrected() -> None:
    """Those around see the cover, too, and are not covered themselves."""
    torch.manual_seed(0)
    covers = Covers(1).eval()
    with torch.no_grad():
        for conv in (covers.inside, covers.beside):
            conv.weight.zero_()
            assert conv.bias is not None
            conv.bias.zero_()
        covers.inside.weight[0] = 1
        covers.answer.weight[0, 0] = 8  # odds
        assert covers.answer.bias is not None
        covers.answer.bias.copy_(torch.tensor([-4.0, 5.0]))
    seen = torch.zeros(2, 1, 6, 6)
    seen[0, 0, 2, 3] = 1
    off, surest = covers.off(torch.zeros(2, 6, 6), seen)
    assert surest.tolist() == pytest.approx([0.982, 0.018], abs=0.001)
    assert torch.equal(off[1], torch.zeros(6, 6))
    assert off[0, 2, 3] < -4
    rises = covers(seen)[1][0]
    assert torch.allclose(off[0], rises.mean() - rises, atol=1e-6)
    off, surest = covers.off(torch.zeros(2, 6, 6), seen.roll((2, 2), dims=(2, 3)))
    assert off[0, 4, 5] < -4  # at the crop's edge it is taken off, too
    assert surest.tolist() == pytest.approx([0.018, 0.018], abs=0.001)  # and hides no face


def test_they_travel_in_the_package(tmp_path: Path) -> None:
    torch.manual_seed(0)
    detector = FrameDetector(make_trunk("debug")).eval()
    crops, x = _images()
    plain = detector.contrast(x)[1]
    _told(detector.with_covers(), odds=1.0)
    with torch.no_grad():
        wanted = detector.contrast(x)[1]
    assert not torch.allclose(plain, wanted, atol=1e-2)
    export_backbone(detector, tmp_path / "backbone.onnx", size=SIZE)
    session = open_session(tmp_path / "backbone.onnx", SessionOptions(precision="f32"))
    answers = session.run({"crops": crops.numpy()})
    assert answers["logits"] == pytest.approx(wanted.numpy(), abs=5e-3)
    with torch.no_grad():
        covered = detector.contrast_and_covered(x)[4]
    assert covered is not None
    assert answers["covered"] == pytest.approx(covered.numpy(), abs=5e-3)
    again = FrameDetector(make_trunk("debug"))
    assert not {name for name in load_frame_weights(again, tmp_path) if "covers" in name}
    assert again.covers is not None
    assert torch.allclose(again.eval().contrast(x)[1], wanted, atol=5e-3)


def test_a_package_without_them_gives_a_detector_without_them(tmp_path: Path) -> None:
    detector = FrameDetector(make_trunk("debug")).eval()
    export_backbone(detector, tmp_path / "backbone.onnx", size=SIZE)
    session = open_session(tmp_path / "backbone.onnx", SessionOptions(precision="f32"))
    assert "covered" not in session.run({"crops": _images()[0].numpy()})
    again = FrameDetector(make_trunk("debug"))
    load_frame_weights(again, tmp_path)
    assert again.covers is None


def test_xceptions_last_block_and_grid_are_alike_in_size() -> None:
    trunk = make_trunk("xception").eval()
    with torch.no_grad():
        inner, grid = trunk.levels(torch.zeros(1, 3, SIZE, SIZE))
        assert torch.equal(trunk(torch.zeros(1, 3, SIZE, SIZE)), grid)
    assert inner.shape[1] == trunk.inner
    assert grid.shape[1] == trunk.features
    assert inner.shape[2:] == grid.shape[2:]


def test_gradients_run_through_where_a_grid_holds_nothing() -> None:
    """The joint stage fits on through them, and a root of nothing has no slope."""
    torch.manual_seed(0)
    detector = FrameDetector(make_trunk("debug")).eval()
    _told(detector.with_covers(), odds=2.0)
    _, x = _images()
    detector.contrast(x)[1].sum().backward()
    for name, value in detector.named_parameters():
        assert value.grad is None or bool(torch.isfinite(value.grad).all()), name
