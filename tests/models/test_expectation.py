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
    rows = torch.arange(64)
    stripes = ((rows // 4) % 2 * 40.0).expand(64, 64)  # of four pixels: the third octave's
    found = energies(stripes.expand(1, 3, 64, 64))[0].view(4, 4)  # octave, what
    assert int(found[:, 0].argmax()) == 2
    assert found[:, 1].max() < -2.9  # nothing crosswise
    assert found[:, 2:].max() < -2.0  # and grey has next to no chroma
    board = ((rows[:, None] // 4 + rows[None] // 4) % 2 * 40.0).expand(1, 3, 64, 64)
    assert int(energies(board)[0].view(4, 4)[:, 1].argmax()) == 2
    red = torch.zeros(1, 3, 64, 64)
    red[:, 0] = stripes
    assert energies(red)[0].view(4, 4)[2, 2] > 1


def test_bf16_reads_the_same_energies() -> None:
    """They are taken in the network's own arithmetic, where that is bf16."""
    crops = _pictures(20).round()
    exact = energies(crops)
    with torch.autocast("cpu", torch.bfloat16):
        assert (energies(crops).float() - exact).abs().max() < 0.02


def test_half_of_the_pictures_lie_above_what_is_expected() -> None:
    found = energies(_pictures(300))
    slope = torch.linspace(-0.2, 0.3, ENERGIES)
    noise = torch.empty(300).exponential_(generator=torch.Generator().manual_seed(1))
    contrasts = found @ slope + 1.5 + noise  # a long tail, whose middle is log 2
    expectation = Expectation()
    assert expectation.fit(found, contrasts) > 0.5
    fresh = _pictures(60, seed=4)
    above = expectation(fresh) - (energies(fresh) @ slope + 1.5)
    assert above.median() == pytest.approx(0.69, abs=0.15)


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
        _, before, _, _ = graph(crops)
        assert torch.equal(before, detector.contrast(pixels / 127.5 - 1)[1])
        found = energies(_pictures(200))
        detector.expectation.fit(found, found[:, 0] * 0.1)
        _, after, maps, _ = graph(crops)
    assert torch.allclose(before - after, detector.expectation(pixels), atol=1e-5)
    assert torch.allclose(maps.mean(dim=(1, 2)), after, atol=1e-5)
