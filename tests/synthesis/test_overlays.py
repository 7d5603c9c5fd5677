"""What is laid over faces: drawn repeatably, over a part of the picture, of every kind."""

from __future__ import annotations

import numpy as np
import pytest

from unmask.synthesis import overlays
from unmask.synthesis.brushes import Sheet
from unmask.synthesis.overlays import Overlay, draw_overlay

FRAME = np.array([[96.0, 0, 32], [0, 96, 24]])  # a face of 96 pixels
SHAPE = (150, 160)
PICTURE = np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)


def drawn(seed: int) -> Overlay:
    return draw_overlay(PICTURE, FRAME, np.random.default_rng(seed))


def test_the_generator_alone_decides() -> None:
    one, again, other = drawn(3), drawn(3), drawn(4)
    assert np.array_equal(one.colours, again.colours)
    assert np.array_equal(one.cover, again.cover)
    assert not np.array_equal(one.cover, other.cover)


def test_a_picture_stays_as_it_is_where_nothing_covers_it() -> None:
    changed = []
    for seed in range(60):
        overlay = drawn(seed)
        assert overlay.cover.shape == SHAPE
        assert overlay.colours.shape == (*SHAPE, 3)
        assert 0 <= overlay.cover.min() <= overlay.cover.max() <= 1
        over = overlay.over(PICTURE)
        assert np.array_equal(over[overlay.cover == 0], PICTURE[overlay.cover == 0])
        hidden = over[overlay.cover == 1].astype(int) - overlay.colours[overlay.cover == 1]
        assert np.abs(hidden).max(initial=0) <= 1
        changed.append(float(overlay.cover.mean()))
    assert 0.02 < np.mean(changed) < 0.5
    assert np.count_nonzero(changed) > 50


@pytest.mark.parametrize("kind", overlays._KINDS, ids=lambda kind: kind.__name__.strip("_"))
def test_every_kind_leaves_some_of_the_face_and_covers_some_of_the_picture(kind) -> None:  # type: ignore[no-untyped-def]
    sheet = Sheet(PICTURE, FRAME)
    seen, covered = [], []
    for seed in range(20):
        layers = kind(sheet, np.random.default_rng(seed))
        cover = np.maximum.reduce([own for _, own in layers])
        for colours, own in layers:
            assert colours.shape == (*SHAPE, 3)
            assert own.dtype == np.float32
        seen.append(float((cover[24:120, 32:128] < 0.5).mean()))
        covered.append(float(cover.mean()))
    assert np.mean(seen) > 0.3
    assert np.max(covered) > 0.005


def test_their_shares_sum_to_one() -> None:
    assert sum(overlays._KINDS.values()) == pytest.approx(1)


def test_the_latter_of_two_lies_above() -> None:
    """Where both are opaque the colour is the latter's; half of it lets the former through."""
    white, black = np.full((2, 2, 3), 255, np.uint8), np.zeros((2, 2, 3), np.uint8)
    half = Overlay(white, np.full((2, 2), 0.5, np.float32))
    assert np.array_equal(half.over(black), np.full((2, 2, 3), 128, np.uint8))
    whole = Overlay(white, np.ones((2, 2), np.float32))
    assert np.array_equal(whole.over(black), white)
