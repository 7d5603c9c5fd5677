"""What is usual of each place of a face is taken off before its map is judged."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from unmask.models.backbones import make_trunk
from unmask.models.detector import FrameDetector
from unmask.models.export import export_backbone
from unmask.models.package_weights import load_frame_weights
from unmask.models.places import Places
from unmask.runtime.session import SessionOptions, open_session


def _maps(count: int) -> torch.Tensor:
    """N×6×6, centred: a mouth that stands out of every one, and a few crops all of whose do."""
    cells = torch.randn(count, 6, 6, generator=torch.Generator().manual_seed(4)) * 0.1
    cells[:, 4, 1] += 1.0  # at the left, or at the right in the mirror
    cells[: count // 5, 0, 0] += 50.0
    return cells - cells.mean(dim=(1, 2), keepdim=True)


def test_the_middle_of_real_maps_is_nothing_unusual() -> None:
    places = Places()
    cells = _maps(400)
    places.fit(cells)
    assert places.usual.mean().abs() < 1e-6
    assert torch.allclose(places.usual, places.usual.flip(1))
    assert places.usual[4, 1] == pytest.approx(0.5, abs=0.05)  # of both sides one
    assert places.usual[0, 0].abs() < 0.1  # single crops move it by little
    beyond = places(cells)
    assert torch.allclose(beyond, cells - places.usual)


def test_unfitted_they_take_nothing_off_maps_of_any_size() -> None:
    for side in (3, 6, 7):
        cells = torch.randn(2, side, side)
        assert torch.equal(Places()(cells), cells)


def test_crops_of_another_size_find_them_by_their_place() -> None:
    places = Places()
    places.fit(_maps(400))
    beyond = places(torch.zeros(1, 12, 12))
    assert beyond.shape == (1, 12, 12)
    assert beyond.mean().abs() < 1e-6
    assert int(beyond[0].argmin()) // 12 in (8, 9)  # the mouth's rows


def test_a_usual_face_has_no_contrast_and_another_has_one() -> None:
    torch.manual_seed(1)
    detector = FrameDetector(make_trunk("debug"))
    cells = _maps(400)[100:101]
    cells = cells + cells.flip(2)  # as symmetrical as what is usual
    before = float(detector.contrasts_of(cells).detach())
    detector.places.fit(torch.cat([cells, cells.flip(2)]))
    assert float(detector.contrasts_of(cells).detach()) == pytest.approx(0.0, abs=1e-5) != before
    elsewhere = cells.flip(1)  # the same answers, but not where they are usual
    assert float(detector.contrasts_of(elsewhere).detach()) > 0.5


def test_they_travel_in_the_package(tmp_path: Path) -> None:
    torch.manual_seed(0)
    detector = FrameDetector(make_trunk("debug")).eval()
    crops = torch.randint(0, 256, (3, 56, 56, 3), dtype=torch.uint8)
    x = crops.permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        detector.places.fit(detector.centred_cells(x))
        wanted = detector.contrast(x)[1]
    export_backbone(detector, tmp_path / "backbone.onnx", size=56)
    session = open_session(tmp_path / "backbone.onnx", SessionOptions(precision="f32"))
    found = session.run({"crops": crops.numpy()})["logits"]
    assert found == pytest.approx(wanted.numpy(), abs=2e-3)
    again = FrameDetector(make_trunk("debug"))
    assert not {name for name in load_frame_weights(again, tmp_path) if "places" in name}
    assert torch.allclose(again.places.usual, detector.places.usual, atol=1e-3)
