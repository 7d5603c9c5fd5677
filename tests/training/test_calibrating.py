"""Calibration at the end of a fit: a head that learned nothing says so, and costs no fit."""

from __future__ import annotations

import numpy as np
import pytest

from unmask.core.errors import DataError
from unmask.runtime.package import Pooling
from unmask.training.calibrating import calibrate
from unmask.training.features import ClipFeatures

CLIPS, FRAMES = 40, 4
POOLING = {"share": 0.7, "sharpness": 2.0}


def held_out(strength: float) -> ClipFeatures:
    """Clips whose frame logits rise by ``strength`` with the label."""
    rng = np.random.default_rng(3)
    labels = np.tile(np.array([0, 1]), CLIPS // 2)
    logits = rng.normal(0, 0.3, (CLIPS, FRAMES)) + strength * labels[:, None]
    return ClipFeatures(
        rng.normal(size=(CLIPS, FRAMES, 5)).astype(np.float32),
        labels,
        logits.astype(np.float32),
        np.zeros((CLIPS, FRAMES, 2, 2), np.float32),
        tuple("swap" if label else "real" for label in labels),
        ("made up",) * CLIPS,
    )


def clip_logits(strength: float) -> np.ndarray:
    noise = np.random.default_rng(4).normal(0, 0.3, CLIPS)
    return (noise + strength * held_out(1).labels).astype(np.float32)


def test_two_good_heads_share_the_face():
    found = calibrate(held_out(0.5), clip_logits(0.5), None).calibration
    assert 0 < found.frame_weight < 1
    assert found.frame_scale > 0.5
    assert found.clip_scale > 0.5


def test_a_clip_head_that_learned_the_opposite_has_no_say(caplog):
    found = calibrate(held_out(2), clip_logits(-2), None)
    assert found.calibration.frame_weight == 1
    assert found.calibration.clip_scale < 1e-5
    assert found.metrics["calibration clips"]["auc"] > 0.95
    assert "clip head does not tell" in caplog.text


def test_a_clip_head_that_adds_nothing_has_no_say():
    held = held_out(0.5)
    echo = np.median(held.frame_logits, axis=1) + np.random.default_rng(5).normal(0, 0.05, CLIPS)
    assert calibrate(held, echo.astype(np.float32), None).calibration.frame_weight == 1
    assert (
        calibrate(held, clip_logits(0.5), None).calibration.frame_weight < 1
    )  # one that knows more


def test_a_clip_head_says_no_more_than_the_recipe_lets_it():
    held, clips = held_out(0.5), clip_logits(0.5)
    free = calibrate(held, clips, None).calibration.frame_weight
    assert free < 1
    assert calibrate(held, clips, None, say=0.7).calibration.frame_weight == free
    assert calibrate(held, clips, None, say=0.3).calibration.frame_weight == 0.7
    silent = calibrate(held, clips, None, say=0).calibration
    assert silent.frame_weight == 1
    assert silent.frame_scale < silent.face_scale  # one frame says less than many together


def test_frames_are_pooled_as_the_package_will():
    """Real clips' cells stand out here and there, fakes' in one place; a frame hardly tells."""
    held = held_out(0.1)
    for clip, fake in enumerate(held.labels):
        for frame in range(FRAMES):
            held.cells[clip, frame].flat[0 if fake else frame] = 3
    told = [calibrate(held, clip_logits(0), way, say=0) for way in (None, Pooling(**POOLING))]
    assert told[0].metrics["calibration clips"]["auc"] < 0.7
    assert told[1].metrics["calibration clips"]["auc"] > 0.99


def test_a_frame_head_that_learned_the_opposite_leaves_faces_to_the_clips():
    """Also beyond what the clip head may say beside one that works: no finished fit is lost."""
    for strength in (0.1, 2):  # together with the other, and against it, nothing would rise
        found = calibrate(held_out(-2), clip_logits(strength), None, say=0.7)
        assert found.calibration.frame_weight == 0
        assert found.calibration.frame_scale < 1e-5
        assert found.calibration.face_scale > 0
    assert found.metrics["calibration clips"]["auc"] > 0.95


def test_a_clip_head_without_a_say_does_not_speak_alone():
    with pytest.raises(DataError, match=r"frame head do not rise.*clip head no say") as caught:
        calibrate(held_out(-2), clip_logits(2), None, say=0)
    assert "--fresh" in caught.value.hint


def test_two_heads_that_learned_nothing_are_an_error():
    with pytest.raises(DataError, match="of the clip head do not rise") as caught:
        calibrate(held_out(-2), clip_logits(-2), None)
    assert "--fresh" in caught.value.hint
