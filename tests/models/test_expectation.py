"""What to expect of a real picture: a line over how much detail each octave holds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unmask.models.backbones import make_trunk
from unmask.models.detector import FrameDetector, FrameGraph
from unmask.models.expectation import ENERGIES, Expectation, energies


def _pictures(count: int, seed: int = 3) -> torch.Tensor:
    """N×3×56×56 of 0…255: noise of all octaves, each picture of other strengths."""
    rng = np.random.default_rng(seed)
    made = torch.full((count, 3, 56, 56), 128.0)
    for side in (56, 28, 14, 7):
        noise = torch.from_numpy(rng.normal(size=(count, 3, side, side)).astype(np.float32))
        strength = torch.from_numpy(rng.uniform(1, 20, (count, 1, 1, 1)).astype(np.float32))
        made += torch.nn.functional.interpolate(noise * strength, size=(56, 56), mode="nearest")
    return made.clamp(0, 255)


def test_each_octave_has_its_energy() -> None:
    flat = torch.full((1, 3, 64, 64), 90.0)
    assert torch.allclose(energies(flat), torch.tensor(0.05).log().expand(1, ENERGIES), atol=1e-3)
    board = (torch.arange(64)[:, None] // 4 + torch.arange(64)[None] // 4) % 2 * 40.0
    squares = energies(board.expand(1, 3, 64, 64))[0]
    assert int(squares[:4].argmax()) == 2  # squares of four pixels live in the third octave
    assert squares[4:].max() < -2.9  # grey has no chroma
    red = torch.zeros(1, 3, 64, 64)
    red[:, 0] = board
    assert energies(red)[0, 4:].max() > 1


def test_what_detail_explains_is_expected() -> None:
    found = energies(_pictures(300))
    truth = found @ torch.linspace(-0.2, 0.3, ENERGIES) + 1.5
    expectation = Expectation()
    noise = torch.randn(300, generator=torch.Generator().manual_seed(1)) * 0.01
    assert expectation.fit(found, truth + noise) > 0.95
    fresh = _pictures(60, seed=4)
    gap = expectation(fresh) - (energies(fresh) @ torch.linspace(-0.2, 0.3, ENERGIES) + 1.5)
    assert gap.abs().median() < 0.05


def test_beyond_what_was_seen_the_line_stays_level() -> None:
    found = energies(_pictures(300))
    expectation = Expectation()
    expectation.fit(found, found.sum(dim=1))
    clean = torch.full((1, 3, 56, 56), 128.0)
    assert float(expectation(clean)) == pytest.approx(float((expectation.low).sum()), rel=0.05)


def test_unfitted_it_expects_nothing_and_fitted_it_is_taken_off() -> None:
    torch.manual_seed(0)
    detector = FrameDetector(make_trunk("debug")).eval()
    graph = FrameGraph(detector)
    pixels = _pictures(3).round()
    crops = pixels.permute(0, 2, 3, 1).to(torch.uint8)
    with torch.no_grad():
        _, before, _ = graph(crops)
        assert torch.equal(before, detector.contrast(pixels / 127.5 - 1)[1])
        found = energies(_pictures(200))
        detector.expectation.fit(found, found[:, 0] * 0.1)
        _, after, maps = graph(crops)
    assert torch.allclose(before - after, detector.expectation(pixels), atol=1e-5)
    assert torch.allclose(maps.mean(dim=(1, 2)), after, atol=1e-5)
