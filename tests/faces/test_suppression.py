import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmask.faces import suppression
from unmask.faces.boxes import areas, iou
from unmask.faces.suppression import Measure, survivors


def plainly(boxes, scores, groups, threshold: float, measure: Measure) -> set[int]:
    """The rule, written out over every pair."""
    order = np.argsort(-scores, kind="stable")
    kept = set()
    for place, one in enumerate(order):
        beaten = False
        for other in order[:place]:
            if groups[one] != groups[other]:
                continue
            share = iou(boxes[[one]], boxes[[other]])[0, 0]
            if measure == "min":
                a, b = areas(boxes[[one]])[0], areas(boxes[[other]])[0]
                share = share * (a + b) / (1 + share) / min(a, b)
            beaten = beaten or share > threshold
        if not beaten:
            kept.add(int(one))
    return kept


def some_boxes(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-20, 200, (count, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(5, 80, (count, 2))], 1)
    scores = rng.integers(0, 20, count).astype(np.float32)  # with ties
    return boxes.astype(np.float32), scores, rng.integers(0, 3, count)


@given(
    seed=st.integers(0, 10_000),
    count=st.integers(0, 40),
    threshold=st.sampled_from([0.33, 0.51, 0.7]),
    measure=st.sampled_from(["union", "min"]),
    banded=st.booleans(),
)
@settings(deadline=None)
def test_is_the_rule_over_every_pair(
    seed: int, count: int, threshold: float, measure: Measure, banded: bool
) -> None:
    boxes, scores, groups = some_boxes(seed, count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suppression, "_FEW", 0 if banded and count else 2048)
        patch.setattr(suppression, "_PAIRS", 7)
        kept = survivors(boxes, scores, groups, threshold, measure)
    assert set(kept.tolist()) == plainly(boxes, scores, groups, threshold, measure)
    assert np.all(np.diff(scores[kept]) <= 0)


def test_a_suppressed_box_still_suppresses() -> None:
    boxes = np.array([[0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]], np.float32)
    scores = np.array([3, 2, 1], np.float32)
    assert survivors(boxes, scores, np.zeros(3, int), 0.5).tolist() == [0]


def test_a_small_box_within_a_large_one_only_falls_to_min() -> None:
    boxes = np.array([[0, 0, 100, 100], [40, 40, 60, 60]], np.float32)
    scores = np.array([2, 1], np.float32)
    assert survivors(boxes, scores, np.zeros(2, int), 0.7).tolist() == [0, 1]
    assert survivors(boxes, scores, np.zeros(2, int), 0.7, "min").tolist() == [0]


def test_a_crowd_of_proposals_is_cheap() -> None:
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 6000, (60_000, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(20, 40, (60_000, 1))], 1)
    scores = rng.random(60_000, dtype=np.float32)
    kept = survivors(boxes.astype(np.float32), scores, np.zeros(60_000, int), 0.5)
    assert 20_000 < len(kept) < 60_000
