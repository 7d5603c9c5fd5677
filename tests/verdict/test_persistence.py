"""What a face's frames say together."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.core.analysis import Thresholds, Verdict
from unmask.core.errors import ModelInvalid
from unmask.runtime.package import Calibration, Pooling
from unmask.verdict import (
    ClipEvidence,
    FaceEvidence,
    FrameEvidence,
    clips_alone,
    frames_logit,
    judge_face,
    lasting_traces,
)
from unmask.verdict.persistence import lasting_map

POOLING = Pooling(share=0.7, sharpness=2.0)
FRAMES = 8
LOGITS = st.lists(st.floats(-50, 50), min_size=1, max_size=9)


def spots(places: list[int], height: float = 3.0) -> list[np.ndarray]:
    """A map a frame, 4×4, in which one place stands out."""
    maps = np.zeros((len(places), 16), np.float32)
    maps[range(len(places)), places] = height
    return list(maps.reshape(-1, 4, 4))


def contrast(cells: np.ndarray) -> float:
    around = cells.ravel().astype(float) - cells.mean()
    shares = np.exp(POOLING.sharpness * around)
    return float((around * shares).sum() / shares.sum())


def seen(cells: list[np.ndarray], sharpness: float = 8) -> tuple[FrameEvidence, ...]:
    """Frames that show these maps, fit to be judged unless blurred."""
    good = {"size_px": 120, "grain": 0.5, "detector_score": 0.99, "inside": 1}
    return tuple(
        FrameEvidence(logit=contrast(one), cells=one, sharpness=sharpness, **good) for one in cells
    )


def judged(
    frames: tuple[FrameEvidence, ...],
    clips: tuple[ClipEvidence, ...] = (),
    pooling: Pooling | None = POOLING,
    *,
    frame_scale: float = 1,
    frame_offset: float = 0,
    **stretch: float,
) -> Verdict:
    """By a calibration in which the clips' own logits have no say."""
    calibration = Calibration(
        frame_scale=frame_scale,
        frame_offset=frame_offset,
        clip_scale=1,
        clip_offset=0,
        face_scale=4,
        face_offset=-4,
        frame_weight=1,
        **stretch,
    )
    thresholds = Thresholds(low=0.3, high=0.8)
    face = FaceEvidence(frames, clips)
    return judge_face(face, calibration, thresholds, kind="video", pooling=pooling)


def test_what_stays_in_its_place_counts_and_what_wanders_does_not():
    staying, wandering = spots([5] * FRAMES), spots(list(range(FRAMES)))
    logits = [contrast(one) for one in staying]
    assert frames_logit(logits, staying, POOLING) == pytest.approx(contrast(staying[0]))
    assert frames_logit(logits, wandering, POOLING) == pytest.approx(0, abs=1e-6)
    # Each frame by itself says the same of both.
    assert frames_logit(logits, staying, None) == frames_logit(logits, wandering, None)


@pytest.mark.parametrize(("frames", "counts"), [(9, True), (6, False)])
def test_a_place_counts_by_what_most_frames_show(frames, counts):
    cells = spots([5] * frames, 3.0) + spots([5] * (12 - frames), 0.0)
    logits = [contrast(one) for one in cells]
    assert (frames_logit(logits, cells, POOLING) > 0.5 * contrast(cells[0])) == counts


def test_what_is_expected_of_the_frames_is_taken_off():
    cells = spots([5] * FRAMES)
    logits = [contrast(one) - 0.4 for one in cells]
    assert frames_logit(logits, cells, POOLING) == pytest.approx(contrast(cells[0]) - 0.4)


def test_cells_that_stand_out_by_far_still_have_a_logit():
    """Their exponentials are more than a number holds."""
    cells = spots([5] * FRAMES, height=2000.0)
    assert frames_logit([1875.0] * FRAMES, cells, POOLING) == pytest.approx(1875.0)


@given(st.floats(-50, 50))
def test_one_frame_says_what_it_says(logit):
    assert frames_logit([logit], spots([3]), POOLING) == logit


@given(LOGITS, st.randoms())
def test_the_order_of_frames_does_not_matter(logits, random):
    frames = list(zip(logits, spots([n % 5 for n in range(len(logits))]), strict=True))
    before = frames_logit(logits, [cells for _, cells in frames], POOLING)
    random.shuffle(frames)
    mixed = [logit for logit, _ in frames]
    assert frames_logit(mixed, [cells for _, cells in frames], POOLING) == before
    assert frames_logit(mixed, [], None) == frames_logit(logits, [], None)


@given(LOGITS, st.floats(0, 9), st.integers(0, 8))
def test_a_higher_logit_never_lowers_it(logits, more, which):
    cells = spots([n % 5 for n in range(len(logits))])
    raised = [logit + more * (n == which) for n, logit in enumerate(logits)]
    before = frames_logit(logits, cells, POOLING)
    assert frames_logit(raised, cells, POOLING) >= before - 1e-9


def test_answers_that_are_no_numbers_are_a_failure_of_the_model():
    with pytest.raises(ModelInvalid, match="cells"):
        frames_logit([0.0, 0.0], spots([1, 1], math.nan), POOLING)
    with pytest.raises(ModelInvalid, match="finite"):
        frames_logit([0.0, math.inf], spots([1, 1]), POOLING)


def test_frames_without_their_cells_are_refused():
    with pytest.raises(ValueError, match="2 frames have 1"):
        frames_logit([0.0, 0.0], [spots([1])[0], None], POOLING)
    with pytest.raises(ValueError, match="no frame"):
        frames_logit([], [], POOLING)


def test_a_verdict_goes_by_the_frames_that_are_fit():
    """Unfit frames, in which another place stands out, have no part in the map."""

    def of(places: list[int], blurred: int = 0) -> Verdict:
        poor = seen(spots(list(range(blurred))), sharpness=1)
        return judged(seen(spots(places)) + poor, frame_scale=4, frame_offset=-4)

    assert of([5] * FRAMES).label == "manipulated"
    assert of([5] * FRAMES, blurred=8) == of([5] * FRAMES)
    wandering = of(list(range(FRAMES)))
    assert wandering.probability is not None
    assert wandering.probability < 0.1
    assert wandering.reasons == ("frames-disagree",)  # each frame by itself is suspicious


@pytest.mark.parametrize(
    ("clips", "pooling", "reasons"),
    [
        ((ClipEvidence(0.0, (0, 1, 2)),), POOLING, ("above-threshold", "lasting-traces")),
        ((ClipEvidence(0.0, (0, 1, 2)),), None, ("above-threshold",)),
        ((), POOLING, ("above-threshold", "frame-artefacts")),
    ],
)
def test_what_lasts_is_named_as_the_evidence(clips, pooling, reasons):
    offset = -9 if clips else 0  # of single frames: suspicious where there is nothing else
    verdict = judged(seen(spots([5] * 3)), clips, pooling, frame_offset=offset)
    assert verdict.reasons == reasons


@pytest.mark.parametrize(("changed", "label"), [(4, "inconclusive"), (0, "no-manipulation-found")])
def test_a_face_that_was_changed_in_one_stretch_is_not_cleared(changed, label):
    """No frame is suspicious by itself, and most of the face's show nothing that lasts."""
    cells = spots([5] * changed + [n % 16 for n in range(16 - changed)])
    clips = tuple(ClipEvidence(0.0, tuple(range(at, at + 4))) for at in range(0, 16, 4))
    verdict = judged(seen(cells), clips, frame_offset=-9)
    assert verdict.label == label
    assert ("frames-disagree" in verdict.reasons) == bool(changed)


def test_what_does_not_last_enough_by_itself_is_not_named() -> None:
    """The clips alone accuse: what lasts of the frames would come to less than the threshold."""
    frames = seen(spots([5] * 8, height=0.8))
    clips = tuple(ClipEvidence(9.0, half) for half in ((0, 1, 2, 3), (4, 5, 6, 7)))
    calibration = Calibration(
        frame_scale=1, frame_offset=-9, clip_scale=1, clip_offset=0, face_scale=4, face_offset=-4,
        frame_weight=0.5,
    )  # fmt: skip
    verdict = judge_face(
        FaceEvidence(frames, clips),
        calibration,
        Thresholds(low=0.3, high=0.8),
        kind="video",
        pooling=POOLING,
    )
    assert verdict.reasons == ("above-threshold", "temporal-inconsistency")


@pytest.mark.parametrize(
    ("shown", "blurred", "pooling", "doubted"),
    [
        (2, (), POOLING, True),  # two frames can be laid over each other
        (2, (1,), POOLING, False),  # one cannot, though it is half of the stretch
        (4, (), None, False),  # nothing is laid over anything
        (4, (0, 1), POOLING, True),  # those that are fit say so
    ],
)
def test_a_stretch_speaks_by_what_lasts_through_its_fit_frames(
    shown: int, blurred: tuple[int, ...], pooling: Pooling | None, doubted: bool
) -> None:
    """The first stretch alone was changed; in its blurred frames it is somewhere else."""
    changed = [seen(spots([9 if at in blurred else 5]), 0 if at in blurred else 8)[0]
               for at in range(shown)]  # fmt: skip
    frames = (*changed, *seen(spots([n % 16 for n in range(24)], height=0.3)))
    ends = [0, shown, *range(shown + 4, shown + 25, 4)]
    clips = tuple(
        ClipEvidence(0.0, tuple(range(*pair)), stretch=number)
        for number, pair in enumerate(pairwise(ends))
    )
    verdict = judged(frames, clips, pooling, frame_offset=-9)
    reasons = ("frames-disagree",) if doubted else ("below-threshold",)
    assert verdict.reasons == reasons


def test_what_is_seen_in_one_stretch_alone_is_calibrated_for_that() -> None:
    frames = seen(spots([5] * 8))
    line = {"stretch_scale": 1.0, "stretch_offset": -2.0}
    once = tuple(ClipEvidence(0.0, half, stretch=3) for half in ((0, 1, 2, 3), (4, 5, 6, 7)))
    twice = (once[0], ClipEvidence(0.0, (4, 5, 6, 7), stretch=4))
    several = judged(frames, twice, **line)
    assert several == judged(frames, twice)
    assert judged(frames, once) == several  # a package that does not tell them apart
    alone = judged(frames, once, **line)
    assert alone.probability is not None
    assert several.probability is not None
    logit, other = (np.log(p / (1 - p)) for p in (alone.probability, several.probability))
    assert logit == pytest.approx((other + 4) / 4 - 2)


def test_one_stretch_does_not_disagree_with_itself() -> None:
    """It is all that is known of the face; whether it is enough is what its own line says."""
    frames = seen(spots([5] * 4))
    clip = (ClipEvidence(0.0, (0, 1, 2, 3)),)
    verdict = judged(frames, clip, stretch_scale=0.1, stretch_offset=0.0, frame_offset=-9)
    assert verdict.reasons == ("between-thresholds",)


def test_each_clip_is_told_as_if_there_were_no_other_and_whether_it_counts() -> None:
    frames = (*seen(spots([5] * 4)), *seen(spots([5] * 4), sharpness=0), *seen(spots([1, 2, 3, 4])))
    clips = tuple(
        ClipEvidence(0.0, tuple(range(at, at + 4)), stretch=at // 4) for at in range(0, 12, 4)
    )
    calibration = Calibration(
        frame_scale=1, frame_offset=0, clip_scale=1, clip_offset=0, face_scale=4, face_offset=-4,
        stretch_scale=1, stretch_offset=-1, frame_weight=0.5,
    )  # fmt: skip
    found = clips_alone(FaceEvidence(frames, clips), calibration, POOLING)
    assert [counts for _, counts in found] == [True, False, True]
    (lasting, _), (unseen, _), (wandering, _) = found
    together = frames_logit([one.logit for one in frames[:4]], [one.cells for one in frames[:4]],
                            POOLING)  # fmt: skip
    assert lasting == pytest.approx(1 / (1 + np.exp(1 - together / 2)))
    assert unseen == pytest.approx(lasting)
    assert wandering < lasting
    # Frames that are not fit say nothing of the stretch either.
    half = (*seen(spots([5] * 2)), *seen(spots([9] * 2), sharpness=0))
    ((mixed, counts),) = clips_alone(FaceEvidence(half, clips[:1]), calibration, POOLING)
    assert counts
    assert mixed == pytest.approx(lasting)


def test_the_map_of_what_lasts_shows_its_place_and_averages_to_the_contrast() -> None:
    cells = [*spots([5] * 6), *spots([2, 9])]
    found = lasting_map(cells, POOLING)
    assert found.shape == (4, 4)
    assert np.unravel_index(found.argmax(), found.shape) == (1, 1)
    assert (found.ravel()[[2, 9]] <= 0).all()
    logits = [contrast(one) for one in cells]
    assert found.mean() == pytest.approx(frames_logit(logits, cells, POOLING), abs=1e-5)
    one = lasting_map(cells[:1], POOLING)
    assert one.mean() == pytest.approx(contrast(cells[0]), abs=1e-5)
    with pytest.raises(ValueError, match="map of cells"):
        lasting_map([None], POOLING)


def test_traces_are_of_the_frames_that_count_and_as_large_as_the_face_says() -> None:
    frames = (*seen(spots([5] * 6)), *seen(spots([9] * 20), sharpness=0))
    clip = ClipEvidence(logit=0, frames=tuple(range(6)))
    calibration = Calibration(
        frame_scale=1, frame_offset=0, clip_scale=1, clip_offset=0, face_scale=4, face_offset=-4,
        frame_weight=0.5,
    )  # fmt: skip
    alone = lasting_traces(FaceEvidence(frames=frames, clips=()), calibration, POOLING)
    assert alone is not None
    assert np.unravel_index(alone.argmax(), alone.shape) == (1, 1)
    with_clip = lasting_traces(FaceEvidence(frames=frames, clips=(clip,)), calibration, POOLING)
    assert with_clip == pytest.approx(2 * alone)
    two = lasting_traces(FaceEvidence(frames=frames[:2], clips=()), calibration, POOLING)
    assert two == pytest.approx(alone)
    few = FaceEvidence(frames=frames[:1], clips=())
    assert lasting_traces(few, calibration, POOLING) is None
    assert lasting_traces(FaceEvidence(frames=frames, clips=()), calibration, None) is None
