import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.verdict import (
    ClipEvidence,
    FaceEvidence,
    FrameEvidence,
    QualityFloor,
    clips_alone,
    face_probability,
    judge_face,
    judge_file,
)
from unmask.verdict.quality import finest

ORDER = ("no-manipulation-found", "inconclusive", "manipulated")
SMALL = {"size_px": 30.0}
BLURRED = {"sharpness": 1.1}
UNSURE = {"detector_score": 0.7}
CUT = {"inside": 0.4}
NOISY = {"grain": 0.8}
COVERED = {"covered": 0.7}
GREY = {"chroma": 2.9}
COARSE = {"quantiser": 33.0}
FEW, CUT_TONES = {"gaps": 0.2}, {"clipped": 0.25}
SCREEN = {"pattern": 5.5}

# frames, clips, quality, kind → label, probability (or None), reasons
GOLDEN = [
    ([3, 3, 3], [3], {}, "video", "manipulated", 0.9959,
     ("above-threshold", "frame-artefacts", "temporal-inconsistency")),
    ([0, 0, 0], [4], {}, "video", "manipulated", 0.9707,
     ("above-threshold", "temporal-inconsistency")),
    ([4, 4, 4], [0], {}, "video", "manipulated", 0.9707, ("above-threshold", "frame-artefacts")),
    ([1.2, 1.2, 1.2], [1.2], {}, "video", "manipulated", 0.8699, ("above-threshold",)),
    ([0, 0, 0], [0.3], {}, "video", "inconclusive", 0.4502, ("between-thresholds",)),
    ([2] * 3 + [-2] * 9, [0.5], {}, "video", "inconclusive", 0.1192, ("frames-disagree",)),
    ([2] * 6 + [-2] * 5, [0.5], {}, "video", "manipulated", 0.8808,
     ("above-threshold", "frame-artefacts")),
    ([2] * 3 + [-2] * 9, [2.5], {}, "video", "inconclusive", 0.5000,
     ("between-thresholds", "frames-disagree")),
    ([2] * 3 + [-2] * 10, [0], {}, "video", "no-manipulation-found", 0.0759,
     ("below-threshold",)),
    ([2] * 2 + [-2] * 2, [-3], {}, "video", "no-manipulation-found", 0.0293,
     ("below-threshold",)),
    ([-3, -3, -3], [-3], {}, "video", "no-manipulation-found", 0.0015, ("below-threshold",)),
    ([2], [], {}, "image", "manipulated", 0.8808, ("above-threshold", "frame-artefacts")),
    ([-2], [], {}, "image", "no-manipulation-found", 0.1192, ("below-threshold",)),
    ([5], [], {}, "video", "inconclusive", None, ("too-few-frames",)),
    ([], [], {}, "video", "inconclusive", None, ("too-few-frames",)),
    ([], [], {}, "image", "inconclusive", None, ("too-few-frames",)),
    ([5, 5, 5], [5], SMALL, "video", "inconclusive", None, ("face-too-small",)),
    ([5, 5], [5], SMALL, "video", "inconclusive", None, ("face-too-small", "too-few-frames")),
    ([5], [], SMALL | BLURRED, "image", "inconclusive", None, ("face-too-small", "too-blurred")),
    ([5], [], UNSURE, "image", "inconclusive", None, ("poor-detection",)),
    ([-3], [], NOISY, "image", "inconclusive", 0.0474, ("too-noisy",)),
    ([-3, -3, -3], [-3], NOISY, "video", "inconclusive", 0.0015, ("too-noisy",)),
    ([0, 0, 0], [0.3], NOISY, "video", "inconclusive", 0.4502,
     ("between-thresholds", "too-noisy")),
    ([2], [], NOISY, "image", "manipulated", 0.8808, ("above-threshold", "frame-artefacts")),
    ([-3], [], COVERED, "image", "inconclusive", 0.0474, ("part-covered",)),
    ([-3, -3, -3], [-3], COVERED, "video", "inconclusive", 0.0015, ("part-covered",)),
    ([-3], [], GREY, "image", "inconclusive", 0.0474, ("no-colour",)),
    ([-3, -3, -3], [-3], COARSE, "video", "inconclusive", 0.0015, ("too-compressed",)),
    ([-3], [], FEW, "image", "inconclusive", 0.0474, ("tones-lost",)),
    ([-3], [], CUT_TONES, "image", "inconclusive", 0.0474, ("tones-lost",)),
    ([-3, -3, -3], [-3], SCREEN, "video", "inconclusive", 0.0015, ("screen-pattern",)),
    ([-3], [], {"see_through": 0.05}, "image", "inconclusive", 0.0474, ("see-through",)),
    ([-3], [], {"see_through": 0.04}, "image", "no-manipulation-found", 0.0474,
     ("below-threshold",)),
    ([-3], [], {"gaps": 0.19, "clipped": 0.24, "pattern": 5.4}, "image",
     "no-manipulation-found", 0.0474, ("below-threshold",)),
    ([4], [], FEW | CUT_TONES | SCREEN, "image", "manipulated", 0.9820,
     ("above-threshold", "frame-artefacts")),
    ([-3], [], FEW | CUT_TONES | SCREEN | GREY, "image", "inconclusive", 0.0474,
     ("no-colour", "tones-lost", "screen-pattern")),
    ([-3, -3, -3], [-3], {"quantiser": 32.9}, "video", "no-manipulation-found", 0.0015,
     ("below-threshold",)),
    ([3, 3, 3], [3], COARSE, "video", "manipulated", 0.9959,
     ("above-threshold", "frame-artefacts", "temporal-inconsistency")),
    ([4], [], GREY, "image", "manipulated", 0.9820, ("above-threshold", "frame-artefacts")),
    ([-3], [], COVERED | NOISY, "image", "inconclusive", 0.0474, ("too-noisy", "part-covered")),
    ([-3], [], {"chroma": 3.0}, "image", "no-manipulation-found", 0.0474, ("below-threshold",)),
    ([-3], [], {"covered": 0.69}, "image", "no-manipulation-found", 0.0474, ("below-threshold",)),
    ([2], [], COVERED, "image", "manipulated", 0.8808, ("above-threshold", "frame-artefacts")),
    ([5], [], CUT, "image", "inconclusive", None, ("face-cut-off",)),
]  # fmt: skip


@pytest.mark.parametrize(("frames", "clips", "quality", "kind", "label", "p", "reasons"), GOLDEN)
def test_golden_verdicts(
    calibration, thresholds, make_face, frames, clips, quality, kind, label, p, reasons
):
    face = make_face(frames, clips, **quality)
    verdict = judge_face(face, calibration, thresholds, kind=kind)
    assert (verdict.label, verdict.reasons) == (label, reasons)
    assert verdict.probability == (None if p is None else pytest.approx(p, abs=5e-5))


def test_clips_without_weight_are_no_reason(calibration, thresholds, make_face):
    face = make_face([6.0] * 8, [6.0])
    both = judge_face(face, calibration, thresholds, kind="video")
    assert "temporal-inconsistency" in both.reasons
    alone = calibration.model_copy(update={"frame_weight": 1.0})
    verdict = judge_face(face, alone, thresholds, kind="video")
    assert verdict.reasons == ("above-threshold", "frame-artefacts")


def test_the_thresholds_themselves_belong_above(calibration, thresholds, make_face):
    exact = thresholds.model_copy(update={"low": 0.5, "high": 0.5})
    face = make_face([0.0])
    verdict = judge_face(face, calibration, exact, kind="image")
    assert (verdict.label, verdict.reasons) == (
        "manipulated",
        ("above-threshold", "frame-artefacts"),
    )
    low = thresholds.model_copy(update={"low": 0.5})
    assert judge_face(face, calibration, low, kind="image").label == "inconclusive"


@pytest.mark.parametrize("flaw", [SMALL, BLURRED, UNSURE, CUT])
def test_poor_frames_are_left_out_and_the_rest_decide(calibration, thresholds, make_face, flaw):
    good = make_face([-3, -3, -3], [-3])
    poor = make_face([9, 9, 9, 9], **flaw).frames
    mixed = replace(good, frames=good.frames + poor)
    judge = lambda face: judge_face(face, calibration, thresholds, kind="video")  # noqa: E731
    assert judge(mixed) == judge(good)


# What docs/verdicts.md says: from where on a frame is counted, and what is just beyond.
FLOORS = [
    ("size_px", 48.0, 47.9, "face-too-small"),
    ("sharpness", 1.5, 1.49, "too-blurred"),
    ("detector_score", 0.9, 0.899, "poor-detection"),
    ("inside", 0.6, 0.599, "face-cut-off"),
    ("strokes", 17.9, 18.0, "written-over"),
    ("ring", 0.84, 0.85, "written-over"),
    ("steps", 0.6, 0.599, "pixelated"),
]


@pytest.mark.parametrize(("quality", "fit", "poor", "code"), FLOORS)
def test_the_least_that_a_frame_must_offer(
    calibration, thresholds, make_face, quality, fit, poor, code
):
    judge = lambda face: judge_face(face, calibration, thresholds, kind="image")  # noqa: E731
    assert judge(make_face([-3.0], **{quality: fit})).reasons == ("below-threshold",)
    spoilt = judge(make_face([-3.0], **{quality: poor}))
    assert (spoilt.probability, spoilt.reasons) == (None, (code,))


@pytest.mark.parametrize(("noisy", "label"), [(3, "no-manipulation-found"), (4, "inconclusive")])
def test_half_of_the_frames_must_be_free_of_noise(calibration, thresholds, make_face, noisy, label):
    face = make_face([-3] * (8 - noisy))
    face = replace(face, frames=face.frames + make_face([-3] * noisy, **NOISY).frames)
    assert judge_face(face, calibration, thresholds, kind="video").label == label


def test_a_clip_of_mostly_poor_frames_is_left_out(calibration, thresholds, make_face):
    good = make_face([-3, -3, -3], [-3])
    poor = make_face([9, 9, 9, 9], **BLURRED).frames
    frames = good.frames + poor
    clips = (*good.clips, ClipEvidence(9.0, (2, 3, 4, 5)))
    verdict = judge_face(FaceEvidence(frames, clips), calibration, thresholds, kind="video")
    assert verdict == judge_face(good, calibration, thresholds, kind="video")
    half = (good.clips[0], ClipEvidence(9.0, (1, 2, 3, 4)))
    verdict = judge_face(FaceEvidence(frames, half), calibration, thresholds, kind="video")
    assert verdict.label == "inconclusive"  # a clip with half of its frames fit still counts


def test_too_few_of_many_frames_names_what_spoilt_the_others(calibration, thresholds, make_face):
    frames = make_face([0, 0]).frames + make_face([0] * 6, **BLURRED).frames
    frames += make_face([0], **SMALL).frames
    verdict = judge_face(FaceEvidence(frames, ()), calibration, thresholds, kind="video")
    assert verdict.reasons == ("too-blurred", "too-few-frames")


def test_quality_that_is_no_number_is_poor(calibration, thresholds, make_face):
    face = make_face([3.0], sharpness=math.nan)
    verdict = judge_face(face, calibration, thresholds, kind="image")
    assert verdict.reasons == ("too-blurred",)
    face = make_face([-3.0], grain=math.nan)
    assert judge_face(face, calibration, thresholds, kind="image").reasons == ("too-noisy",)
    filtered = {
        "see_through": "see-through",
        "gaps": "tones-lost",
        "clipped": "tones-lost",
        "pattern": "screen-pattern",
    }
    for name, code in (filtered | {"see_through": "see-through"}).items():
        face = make_face([-3.0], **{name: math.nan})
        assert judge_face(face, calibration, thresholds, kind="image").reasons == (code,)
    face = make_face([-3.0], covered=math.nan)
    assert judge_face(face, calibration, thresholds, kind="image").reasons == ("part-covered",)


def test_what_covers_fewer_than_half_of_the_frames_hides_nothing(
    calibration, thresholds, make_face
):
    covered, bare = make_face([-3, -3], **COVERED).frames, make_face([-3] * 4).frames
    few, many = FaceEvidence(covered + bare[:3], ()), FaceEvidence(covered + bare[:2], ())
    assert judge_face(few, calibration, thresholds, kind="video").reasons == ("below-threshold",)
    assert judge_face(many, calibration, thresholds, kind="video").reasons == ("part-covered",)


def test_frames_at_the_threshold_itself_disagree(calibration, thresholds, make_face):
    exact = thresholds.model_copy(update={"low": 0.5, "high": 0.5})
    face = make_face([0.0] * 3 + [-3.0] * 9, [-3.0])
    assert judge_face(face, calibration, exact, kind="video").reasons == ("frames-disagree",)


@pytest.mark.parametrize(
    ("spoilt", "reasons"),
    [
        ([SMALL, BLURRED], ("face-too-small", "too-blurred")),  # half each
        ([SMALL, BLURRED, CUT], ("face-too-small", "too-blurred", "face-cut-off")),  # none half
        ([SMALL, SMALL, BLURRED, CUT], ("face-too-small",)),
        ([SMALL, SMALL, SMALL, BLURRED, BLURRED], ("face-too-small",)),
    ],
)
def test_what_spoilt_half_of_the_frames_is_named_and_all_where_nothing_did(
    calibration, thresholds, make_face, spoilt, reasons
):
    frames = sum((make_face([5.0] * 2, **flaw).frames for flaw in spoilt), start=())
    verdict = judge_face(FaceEvidence(frames, ()), calibration, thresholds, kind="video")
    assert (verdict.label, verdict.reasons) == ("inconclusive", reasons)


def test_who_is_shown_for_longer_is_more_prominent_than_who_is_larger_once(make_face):
    staying, passing = make_face([0.0] * 6, size_px=60.0), make_face([0.0], size_px=300.0)
    assert staying.prominence == 360.0 > passing.prominence


def test_another_floor_can_be_asked_for(calibration, thresholds, make_face):
    face = make_face([3.0], **SMALL)
    floor = QualityFloor(size_px=20.0)
    verdict = judge_face(face, calibration, thresholds, kind="image", floor=floor)
    assert verdict.label == "manipulated"


logits = st.floats(-50, 50)
frame = st.builds(
    FrameEvidence,
    logit=logits,
    size_px=st.sampled_from([20.0, 48.0, 200.0]),
    sharpness=st.sampled_from([1.0, 1.5, 9.0]),
    grain=st.sampled_from([0.5, 0.8, 2.0]),
    detector_score=st.sampled_from([0.5, 0.9, 1.0]),
    inside=st.sampled_from([0.3, 0.6, 1.0]),
    quantiser=st.sampled_from([0.0, 20.0, 32.5, 40.0]),
)


@st.composite
def faces(draw):
    frames = tuple(draw(st.lists(frame, max_size=8)))
    indexes = st.lists(st.integers(0, max(len(frames) - 1, 0)), min_size=1, max_size=4, unique=True)
    clip = st.builds(ClipEvidence, logits, indexes.map(tuple))
    return FaceEvidence(frames, tuple(draw(st.lists(clip, max_size=3))) if frames else ())


kinds = st.sampled_from(["video", "image"])


@given(faces(), kinds)
def test_a_verdict_is_consistent_in_itself(calibration, thresholds, face, kind):
    verdict = judge_face(face, calibration, thresholds, kind=kind)
    assert verdict.reasons
    assert len(set(verdict.reasons)) == len(verdict.reasons)
    if verdict.label == "manipulated":
        assert verdict.probability >= thresholds.high
    if verdict.label == "no-manipulation-found":
        assert verdict.probability < thresholds.low


@given(faces(), kinds, st.data())
def test_more_evidence_for_manipulation_never_lowers_the_label(
    calibration, thresholds, face, kind, data
):
    before = judge_face(face, calibration, thresholds, kind=kind)
    if not face.frames:
        return
    index = data.draw(st.integers(0, len(face.frames) - 1))
    rise = data.draw(st.floats(0, 50))
    frames = list(face.frames)
    frames[index] = replace(frames[index], logit=frames[index].logit + rise)
    clips = tuple(replace(clip, logit=clip.logit + rise) for clip in face.clips)
    raised = FaceEvidence(tuple(frames), clips)
    after = judge_face(raised, calibration, thresholds, kind=kind)
    assert ORDER.index(after.label) >= ORDER.index(before.label)
    assert (after.probability is None) == (before.probability is None)
    if before.probability is not None:
        assert after.probability >= before.probability


@given(faces(), st.randoms())
def test_the_order_of_frames_does_not_matter(calibration, thresholds, face, random):
    order = list(range(len(face.frames)))
    random.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    shuffled = FaceEvidence(
        tuple(face.frames[old] for old in order),
        tuple(
            ClipEvidence(clip.logit, tuple(place[i] for i in clip.frames)) for clip in face.clips
        ),
    )
    judge = lambda one: judge_face(one, calibration, thresholds, kind="video")  # noqa: E731
    assert judge(shuffled) == judge(face)
    assert shuffled.prominence == face.prominence


@pytest.mark.parametrize(
    ("turned", "judged"),
    [((), True), ((False,), True), ((True, False, False), True), ((True, False), False)],
)
def test_a_face_that_lies_in_half_of_the_glances_is_not_judged(
    calibration, thresholds, make_face, turned, judged
):
    face = replace(make_face([5.0] * 8, [5.0]), turned=turned)
    verdict = judge_face(face, calibration, thresholds, kind="video")
    if judged:
        assert verdict.label == "manipulated"
    else:
        assert (verdict.label, verdict.probability) == ("inconclusive", None)
        assert verdict.reasons == ("face-turned",)


@pytest.mark.parametrize(
    ("quality", "code"),
    [("strokes", "written-over"), ("ring", "written-over"), ("steps", "pixelated")],
)
def test_what_lies_over_a_face_is_neither_accused_nor_cleared(
    calibration, thresholds, make_face, quality, code
):
    over = {"strokes": 40.0, "ring": 0.95, "steps": 0.3}[quality]
    for logit in (5.0, -5.0):
        face = make_face([logit] * 8, [logit], **{quality: over})
        verdict = judge_face(face, calibration, thresholds, kind="video")
        assert (verdict.label, verdict.probability) == ("inconclusive", None)
        assert verdict.reasons == (code,)


def test_frames_without_the_caption_are_judged(calibration, thresholds, make_face):
    bare, written = make_face([-5.0] * 4), make_face([5.0] * 4, strokes=40.0)
    face = replace(bare, frames=bare.frames + written.frames)
    verdict = judge_face(face, calibration, thresholds, kind="video")
    assert verdict.label == "no-manipulation-found"


@pytest.mark.parametrize(
    ("coded", "kept"),
    [
        ([30, 38, 30, 38, 30, 38, 30, 38, 30, 38, 30, 38], [0, 2, 4, 6, 8, 10]),
        ([24, 25, 26] * 3, [0, 1, 3, 4, 6, 7]),  # no coarser than the mean
        ([30, 38, 39, 40, 41, 42, 43], [0, 1, 2, 3, 4, 5]),  # two would be two glances
        ([30, 38, 38, 38, 38], [0, 1, 2, 3, 4]),
        ([0] * 9, list(range(9))),  # not known
    ],
)
def test_the_finest_frames_are_those_up_to_the_mean(make_face, coded, kept):
    frames = [
        replace(one, quantiser=q)
        for one, q in zip(make_face(range(len(coded))).frames, coded, strict=True)
    ]
    assert [one.logit for one in finest(frames)] == kept


def test_coarse_frames_do_not_decide_where_there_are_finer_ones(calibration, thresholds, make_face):
    """Of films that were saved again."""
    face = make_face([-3.0] * 6 + [3.0] * 7, [-3])
    assert judge_face(face, calibration, thresholds, kind="video").probability > 0.3
    coded = [22.0] * 6 + [31.0] * 7
    frames = tuple(replace(one, quantiser=q) for one, q in zip(face.frames, coded, strict=True))
    verdict = judge_face(replace(face, frames=frames), calibration, thresholds, kind="video")
    assert verdict.probability == pytest.approx(0.0015, abs=1e-4)
    assert verdict.reasons == ("frames-disagree",)


def test_a_still_face_is_judged_as_one_picture(make_face, calibration, thresholds) -> None:
    moving = make_face([1.2] * 8, [1.2])
    still = replace(moving, sameness=0.95)
    seen = judge_face(moving, calibration, thresholds, kind="video")
    said = judge_face(still, calibration, thresholds, kind="video")
    assert (seen.label, said.label) == ("manipulated", "inconclusive")
    assert said.probability == pytest.approx(1 / (1 + math.exp(-1.2)))
    assert said.reasons == ("between-thresholds", "still-face")
    assert clips_alone(still, calibration, None) == [(said.probability, True)]


@pytest.mark.parametrize(("logit", "first"), [(4.0, "above-threshold"), (-3.0, "below-threshold")])
def test_whatever_is_said_of_a_still_face_comes_with_a_remark(
    logit, first, make_face, calibration, thresholds
) -> None:
    face = replace(make_face([logit] * 5, [logit]), sameness=0.99)
    verdict = judge_face(face, calibration, thresholds, kind="video")
    assert (verdict.reasons[0], verdict.reasons[-1]) == (first, "still-face")
    whole = judge_file([verdict], [1.0], thresholds)
    assert (whole.label, whole.reasons) == (verdict.label, verdict.reasons)


@pytest.mark.parametrize(("fit", "poor", "counts"), [(2, 2, True), (2, 3, False), (0, 4, False)])
def test_a_stretch_by_itself_goes_by_its_fit_frames(
    make_face, calibration, fit, poor, counts
) -> None:
    """By all of them only where none is fit: there is nothing better to show."""
    frames = make_face([-3.0] * fit).frames + make_face([3.0] * poor, **BLURRED).frames
    face = FaceEvidence(frames, (ClipEvidence(0.0, tuple(range(fit + poor))),))
    expected = face_probability(-3.0 if fit else 3.0, [0.0], calibration, stretches=1)
    assert clips_alone(face, calibration, None) == [(pytest.approx(expected), counts)]
