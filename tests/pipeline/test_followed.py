"""A face of a camera is judged as one of a film, and at once by what is in the way."""

from types import SimpleNamespace

import numpy as np
import pytest

from unmask.core.analysis import Thresholds
from unmask.pipeline.followed import Followed
from unmask.runtime.package import Calibration
from unmask.verdict import FrameEvidence

LENGTH = 8
LEAST = LENGTH // 2
THRESHOLDS = Thresholds(low=0.3, high=0.9)
GOOD = {
    "logit": -3.0,
    "size_px": 120.0,
    "sharpness": 6.0,
    "grain": 0.5,
    "detector_score": 0.99,
    "inside": 1.0,
}
FLAWS = [
    ("written-over", {"strokes": 30.0}),
    ("written-over", {"ring": 0.9}),
    ("pixelated", {"steps": 0.1}),
    ("too-blurred", {"sharpness": 1.0}),
    ("face-cut-off", {"inside": 0.4}),
    ("poor-detection", {"detector_score": 0.7}),
]
HINDRANCES = [
    ("part-covered", {"covered": 0.95}),
    ("too-noisy", {"grain": 1.4}),
    ("too-compressed", {"quantiser": 40.0}),
    ("no-colour", {"chroma": 0.0}),
    ("tones-lost", {"gaps": 0.5}),
    ("screen-pattern", {"pattern": 12.0}),
    ("see-through", {"see_through": 0.4}),
]


class Scorer:
    """Clips that say what their frames do."""

    package = SimpleNamespace(
        manifest=SimpleNamespace(
            calibration=Calibration(
                frame_scale=1, frame_offset=0, clip_scale=1, clip_offset=0,
                face_scale=1, face_offset=0, frame_weight=0.5,
            ),
            clip=SimpleNamespace(frames=LENGTH),
            pooling=None,
        )
    )  # fmt: skip

    def score_clips(self, clips):
        assert [LENGTH // 2 <= len(clip) <= LENGTH for clip in clips] == [True]
        return np.float32([clips[0].mean()])


@pytest.fixture
def face():
    return Followed(0, (0.0, 0.0, 120.0, 120.0), 0.0)


def see(face, count, start_s=0.0, step_s=0.12, **what):
    """Look at it so often; the verdicts after each."""
    found = []
    for number in range(count):
        frame = FrameEvidence(**(GOOD | what))
        features = np.full(4, frame.logit, np.float32)
        face.scored(start_s + step_s * number, frame, features)
        face.judge(Scorer(), THRESHOLDS)
        found.append(face.verdict)
    return found


def test_there_is_no_score_of_less_than_half_a_clip(face):
    assert see(face, LEAST - 1) == [None] * (LEAST - 1)
    (verdict,) = see(face, 1)
    assert (verdict.label, verdict.reasons) == ("no-manipulation-found", ("below-threshold",))


@pytest.mark.parametrize(("code", "flaw"), FLAWS)
def test_what_a_scan_does_not_judge_has_no_score(face, code, flaw):
    assert {(one.probability, one.reasons) for one in see(face, 2 * LENGTH, **flaw)} == {
        (None, (code,))
    }


@pytest.mark.parametrize(("code", "flaw"), FLAWS)
def test_a_score_goes_as_soon_as_most_of_a_second_is_not_fit(face, code, flaw):
    assert see(face, 32)[-1].probability is not None
    seen = see(face, LENGTH // 2 + 1, **flaw)
    assert [one.probability is None for one in seen] == [False] * (LENGTH // 2) + [True]
    assert seen[-1].reasons == (code,)
    back = see(face, LENGTH // 2)
    assert back[-1].probability is not None  # of what was seen before, too


@pytest.mark.parametrize(("code", "hindrance"), HINDRANCES)
def test_what_is_covered_or_noisy_is_not_cleared_from_the_moment_on(face, code, hindrance):
    assert see(face, 32)[-1].label == "no-manipulation-found"
    last = see(face, LENGTH // 2, **hindrance)[-1]
    assert (last.label, last.reasons) == ("inconclusive", (code,))
    assert last.probability < THRESHOLDS.low
    assert see(face, LENGTH // 2 + 1)[-1].label == "no-manipulation-found"


def test_what_is_found_under_a_cover_counts(face):
    last = see(face, 32, logit=9.0, covered=0.95)[-1]
    assert last.label == "manipulated"


def test_what_was_seen_of_a_turned_face_is_forgotten(face):
    see(face, 32, logit=9.0)
    face.glanced(True)
    assert see(face, 1, logit=9.0)[0].reasons == ("face-turned",)
    face.glanced(False)
    face.glanced(False)
    assert see(face, LEAST - 1) == [None] * (LEAST - 1)
    assert see(face, 1)[0].label == "no-manipulation-found"


def test_a_face_that_is_fit_again_gathers_frames(face):
    see(face, 32, sharpness=1.0)
    assert [one.probability for one in see(face, LEAST - 1)] == [None] * (LEAST - 1)
    assert see(face, 1)[0].probability is not None


def test_what_was_seen_long_ago_says_nothing_of_now(face):
    """Where a slow machine scores once a second, or somebody else has come to that place."""
    assert see(face, 32, step_s=1.0, logit=9.0)[-1].label == "manipulated"
    assert see(face, 12, start_s=32.0, step_s=1.0)[-1].label == "no-manipulation-found"


def test_ten_seconds_count(face):
    """Of eleven frames a second apart three are left that accused, too few to disagree."""
    see(face, 11, step_s=1.0, logit=9.0)
    found = see(face, 9, start_s=11.0, step_s=1.0)
    cleared = [verdict.label == "no-manipulation-found" for verdict in found]
    assert cleared == [False] * 7 + [True] * 2


@pytest.mark.parametrize(
    ("glances", "turned"),
    [
        ([True], True),
        ([False, False, True], False),  # one of three may be an accident
        ([False, True, True], True),
        ([True, True, False, False], False),  # the latest three count
    ],
)
def test_a_face_is_turned_by_most_of_the_latest_glances(face, glances, turned):
    for one in glances:
        face.glanced(one)
    last = see(face, LEAST)[-1]
    assert (last is not None and last.reasons == ("face-turned",)) == turned


def test_a_very_slow_machine_has_a_score_in_the_end(face):
    assert see(face, LEAST, step_s=8.0)[-1].probability is not None
