"""Strong filters over whole pictures."""

from __future__ import annotations

import numpy as np
import pytest

from unmask.synthesis import finishing
from unmask.synthesis.finishing import draw_finish

RNG = np.random.default_rng(1)
PICTURE = np.clip(
    np.add.outer(np.arange(120), np.arange(90))[..., None] + RNG.normal(60, 12, (120, 90, 3)),
    0,
    255,
).astype(np.uint8)


@pytest.mark.parametrize("kind", finishing._KINDS, ids=lambda kind: kind.__name__)
def test_each_changes_a_picture_and_does_the_same_again(kind: finishing.Finish) -> None:
    for seed in range(6):
        finish = kind(60.0, np.random.default_rng(seed))
        made = finish(PICTURE)
        assert made.shape == PICTURE.shape
        assert made.dtype == np.uint8
        assert np.array_equal(made, finish(PICTURE))
        assert np.abs(made.astype(int) - PICTURE).mean() > 0.3


def test_what_a_filter_is_known_for() -> None:
    """Waxy ones leave flat parts calmer, ghosts soften, clarity and crispness lift contrasts."""
    fine = {}
    for kind in finishing._KINDS:
        made = [kind(60.0, np.random.default_rng(seed))(PICTURE) for seed in range(8)]
        steps = [np.abs(np.diff(one.astype(int), axis=1)).mean() for one in made]
        fine[kind.__name__] = float(np.median(steps))
    plain = np.abs(np.diff(PICTURE.astype(int), axis=1)).mean()
    assert fine["_waxy"] < plain
    assert fine["_ghosted"] < plain
    assert fine["_crisp"] > 1.2 * plain
    assert fine["_clarity"] > 1.1 * plain


def test_all_kinds_are_drawn_and_by_the_generator_alone() -> None:
    seen = set()
    for seed in range(40):
        first, again = (draw_finish(60.0, np.random.default_rng(seed))(PICTURE) for _ in range(2))
        assert np.array_equal(first, again)
        seen.add(first.tobytes())
    assert len(seen) > 35
