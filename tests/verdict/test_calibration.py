import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.core.errors import ModelInvalid
from unmask.verdict import (
    clip_probability,
    face_probability,
    frame_probability,
    pooled_logit,
    sigmoid,
)

LOGITS = st.floats(-1e6, 1e6)


@given(LOGITS)
def test_sigmoid_is_a_probability_and_symmetric(x):
    assert 0.0 <= sigmoid(x) <= 1.0
    assert sigmoid(x) + sigmoid(-x) == pytest.approx(1.0, abs=1e-15)


def test_sigmoid_at_known_points():
    assert sigmoid(0) == 0.5
    assert sigmoid(math.log(9)) == pytest.approx(0.9)
    assert sigmoid(-1e308) == 0.0
    assert sigmoid(1e308) == 1.0


def test_each_level_uses_its_own_parameters(calibration):
    other = calibration.model_copy(
        update={"frame_scale": 3.0, "frame_offset": 1.0, "clip_scale": 0.5, "clip_offset": -1.0}
    )
    assert frame_probability(2.0, other) == sigmoid(7.0)
    assert clip_probability(2.0, other) == sigmoid(0.0)
    # face: 2 × (0.5 × 2 + 0.5 × 4) − 0.5
    assert face_probability(2.0, [4.0], other, stretches=2) == pytest.approx(sigmoid(5.5))


def test_without_clips_a_face_uses_the_frame_parameters(calibration):
    other = calibration.model_copy(update={"frame_scale": 3.0, "frame_weight": 0.0})
    assert face_probability(2.0, [], other, stretches=2) == frame_probability(2.0, other)


def test_pooling_needs_both_kinds(calibration):
    with pytest.raises(ValueError, match="at least one clip"):
        pooled_logit(1.0, [], calibration)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_logit_that_is_no_number_is_a_failure_of_the_model(calibration, bad):
    with pytest.raises(ModelInvalid, match="finite"):
        face_probability(bad, [0.0], calibration, stretches=2)
    with pytest.raises(ModelInvalid):
        clip_probability(bad, calibration)


@given(LOGITS, st.lists(LOGITS, max_size=4), st.randoms())
def test_the_order_of_clips_does_not_matter(calibration, frames, clips, random):
    before = face_probability(frames, clips, calibration, stretches=2)
    random.shuffle(clips)
    assert face_probability(frames, clips, calibration, stretches=2) == before
