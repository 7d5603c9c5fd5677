"""Fitting a package's numbers to validation scores."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import case, separated
from sklearn.linear_model import LogisticRegression

from unmask.core.analysis import Face, Thresholds, Verdict
from unmask.core.errors import DataError
from unmask.evaluation.calibration import (
    choose_low,
    choose_thresholds,
    fit_platt,
    fit_temperature,
    rises,
)
from unmask.evaluation.crossval import cross_validated
from unmask.evaluation.recalibration import (
    FITS,
    Wanted,
    lower_threshold,
    recalibrate,
    upper_threshold,
)
from unmask.evaluation.scoring import _seen_in
from unmask.runtime.package import Calibration
from unmask.verdict import clip_probability, face_probability, frame_probability

OLD = Calibration(
    frame_scale=2.0,
    frame_offset=0.5,
    clip_scale=1.5,
    clip_offset=-0.3,
    face_scale=3.0,
    face_offset=0.1,
    frame_weight=0.4,
)
BOTH = Thresholds(low=0.3, high=0.8)


def drawn(count: int, *, scale: float, offset: float, seed: int = 0):
    """Logits of which ``sigmoid(scale × logit + offset)`` is the true probability."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, count)
    p = 1 / (1 + np.exp(-(scale * logits + offset)))
    return logits, (rng.random(count) < p).astype(np.int64)


def test_platt_is_a_balanced_logistic_regression() -> None:
    logits, labels = drawn(4000, scale=0.7, offset=0.4)
    judge = LogisticRegression(C=1e9, class_weight="balanced").fit(logits[:, None], labels)
    scale, offset = fit_platt(logits, labels)
    assert scale == pytest.approx(judge.coef_[0, 0], abs=0.01)
    assert offset == pytest.approx(judge.intercept_[0], abs=0.01)


@pytest.mark.parametrize(("scale", "offset"), [(1e-3, 0), (1, 30), (0.01, 2), (50, -400)])
def test_logits_may_be_anywhere_and_as_close_together_as_they_like(
    scale: float, offset: float
) -> None:
    """The same files, however their scores are written down: the same probabilities."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1], 40)
    logits = rng.normal(0, 1, 80) + 1.5 * labels
    usual = np.array(fit_platt(logits, labels)) @ [logits, np.ones(80)]
    moved = scale * logits + offset
    assert np.array(fit_platt(moved, labels)) @ [moved, np.ones(80)] == pytest.approx(usual)
    times, _ = fit_temperature(scale * (logits - 0.75), labels)
    assert times * scale == pytest.approx(fit_temperature(logits - 0.75, labels)[0])


def test_temperature_finds_the_scale_alone() -> None:
    logits, labels = drawn(8000, scale=0.4, offset=0.0)
    scale, offset = fit_temperature(logits, labels)
    assert scale == pytest.approx(0.4, abs=0.03)
    assert offset == 0.0


@pytest.mark.parametrize("fit", [fit_platt, fit_temperature])
def test_scores_that_fall_with_manipulation_cannot_be_calibrated(fit) -> None:
    logits, labels = drawn(400, scale=1, offset=0)
    with pytest.raises(DataError, match="do not rise with manipulation"):
        fit(-logits, labels)
    with pytest.raises(DataError, match="manipulated and real"):
        fit(logits, np.zeros(400, np.int64))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.01, 0.05, 0.2]))
def test_thresholds_keep_their_promises(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    p = np.round(rng.random(int(rng.integers(1, 80))), 2)
    thresholds = choose_thresholds(p, false_positives=share, low=0.5)
    assert 0.5 <= thresholds.high <= 0.999
    assert thresholds.high == 0.999 or np.mean(p >= thresholds.high) <= share
    low = choose_low(p, misses=share)
    assert 0 <= low <= 0.5
    assert np.mean(p < low) <= share


def distorted(cases, scale: float, offset: float):
    """The cases as a model would have scored them whose logits are off by a line."""

    def off(values):
        logits = np.log(np.array(values)) - np.log1p(-np.array(values))
        return tuple((1 / (1 + np.exp(-(logits - offset) / scale))).tolist())

    return [
        replace(
            one,
            row=replace(
                one.row,
                score=off([one.row.score])[0],
                faces=off(one.row.faces),
                frames=off(one.row.frames),
                clips=off(one.row.clips),
            ),
        )
        for one in cases
    ]


def test_thresholds_of_nothing_are_refused() -> None:
    nothing = np.empty(0)
    with pytest.raises(DataError, match="real"):
        choose_thresholds(nothing, false_positives=0.1, low=0.3)
    with pytest.raises(DataError, match="manipulated"):
        choose_low(nothing, misses=0.1)


def test_a_share_that_is_a_whole_number_of_files_is_that_number() -> None:
    scores = np.arange(1, 101) / 200
    assert choose_low(scores, misses=0.29) == scores[29]
    real = choose_thresholds(scores + 0.49, false_positives=0.29, low=0.1)
    assert np.sum(scores + 0.49 >= real.high) == 29


def test_scores_rise_where_those_of_manipulated_files_are_higher() -> None:
    labels = np.array([0, 0, 1, 1])
    assert rises(np.array([-1.0, 0.2, 0.1, 3.0]), labels)
    assert not rises(np.array([1.0, -0.2, -0.1, -3.0]), labels)
    assert not rises(np.zeros(4), labels)


def test_the_new_numbers_give_the_fitted_line_on_old_probabilities() -> None:
    cases = separated(100)
    found = recalibrate(cases, OLD, BOTH, Wanted()).calibration
    clip_line, frame_line = fit_platt(*_faces(cases)), fit_platt(*_faces(cases, copies=2))
    for logit in (-1.0, 0.2, 2.0):
        for line, probability in ((clip_line, clip_probability), (frame_line, frame_probability)):
            old = probability(logit, OLD)
            expected = 1 / (1 + np.exp(-(line[0] * np.log(old / (1 - old)) + line[1])))
            assert probability(logit, found) == pytest.approx(expected)
    assert found.frame_weight == OLD.frame_weight


def _faces(cases, copies: int = 1):
    p = np.repeat([one.row.faces[0] for one in cases], copies)
    return np.log(p) - np.log1p(-p), np.repeat([one.label for one in cases], copies)


def test_what_was_off_by_a_line_is_put_right() -> None:
    cases = separated(150)
    wrong = distorted(cases, scale=0.7, offset=0.4)
    right = recalibrate(cases, OLD, BOTH, Wanted())
    mended = recalibrate(wrong, OLD, BOTH, Wanted())
    for p in (0.1, 0.5, 0.8):
        logit = np.log(p / (1 - p))
        off = (logit - 0.4) / 0.7
        of_right = face_probability((logit - OLD.face_offset) / OLD.face_scale,
                                    [(logit - OLD.face_offset) / OLD.face_scale],
                                    right.calibration, stretches=2)  # fmt: skip
        of_mended = face_probability((off - OLD.face_offset) / OLD.face_scale,
                                     [(off - OLD.face_offset) / OLD.face_scale],
                                     mended.calibration, stretches=2)  # fmt: skip
        assert of_mended == pytest.approx(of_right, abs=2e-3)
    assert mended.thresholds.high == pytest.approx(right.thresholds.high, abs=2e-3)


def test_the_upper_threshold_holds_its_share_of_real_files() -> None:
    cases = separated(200, gap=0.6)
    found = recalibrate(cases, OLD, BOTH, Wanted(false_positives=0.1))
    line = fit_platt(*_faces(cases))
    logits, labels = _faces(cases)
    p = 1 / (1 + np.exp(-(line[0] * logits + line[1])))
    assert 0.07 <= np.mean(p[labels == 0] >= found.thresholds.high) <= 0.1
    low = recalibrate(cases, OLD, BOTH, Wanted(misses=0.02)).thresholds.low
    assert np.mean(p[labels == 1] < low) <= 0.02 <= np.mean(p[labels == 1] < low + 0.01)
    assert low < 0.5


def test_where_verdicts_stay_the_thresholds_move_along() -> None:
    cases = separated(200, gap=0.6)
    found = recalibrate(cases, OLD, BOTH, Wanted(same_verdicts=True))
    assert found.calibration == recalibrate(cases, OLD, BOTH, Wanted()).calibration
    assert found.account["thresholds"] == "as before"
    for logit in np.linspace(-2, 2, 41):
        old, new = (
            face_probability(logit, [logit], by, stretches=2) for by in (OLD, found.calibration)
        )
        assert (old >= BOTH.low) == (new >= found.thresholds.low)
        assert (old >= BOTH.high) == (new >= found.thresholds.high)


@pytest.mark.parametrize("weight", [0.4, 1.0])
def test_single_frames_have_a_line_of_their_own(weight: float) -> None:
    rng = np.random.default_rng(2)
    cases = []
    for one in separated(100):
        middle = one.row.faces[0]
        frames = tuple(np.clip(middle + rng.normal(0, 0.3, 9), 0.01, 0.99).tolist())
        cases.append(replace(one, row=replace(one.row, frames=frames)))
    old = OLD.model_copy(update={"frame_weight": weight})
    found = recalibrate(cases, old, BOTH, Wanted()).calibration
    logits = np.array([np.log(p / (1 - p)) for one in cases for p in one.row.frames])
    line = fit_platt(logits, np.repeat([one.label for one in cases], 9))
    assert found.frame_scale == pytest.approx(line[0] * old.frame_scale, rel=1e-6)
    assert found.frame_scale / old.frame_scale < 0.8 * found.face_scale / old.face_scale


def _of_stretches(cases, spread: float):
    """Four stretches each, of which any says less than all: their logits, ``spread`` wider."""
    rng = np.random.default_rng(4)
    found = []
    for one in cases:
        logits = np.log(one.row.faces[0] / (1 - one.row.faces[0])) + rng.normal(0, spread, 4)
        stretches = tuple((1 / (1 + np.exp(-logits))).tolist())
        found.append(replace(one, row=replace(one.row, stretches=stretches, seen_in=(4,))))
    return found


@pytest.mark.parametrize("stated", [False, True])
def test_a_face_that_is_seen_in_one_stretch_alone_has_a_line_of_its_own(stated: bool) -> None:
    told = {"stretch_scale": 5.0, "stretch_offset": -0.2} if stated else {}
    old = OLD.model_copy(update=told)
    cases = _of_stretches(separated(100), spread=2.0)
    found = recalibrate(cases, old, BOTH, Wanted())
    logits = np.array([np.log(p / (1 - p)) for one in cases for p in one.row.stretches])
    scale, offset = fit_platt(logits, np.repeat([one.label for one in cases], 4))
    was_scale, was_offset = old.line(1)
    assert found.calibration.line(1) == pytest.approx(
        (scale * was_scale, scale * was_offset + offset)
    )
    assert found.calibration.line(4) == (
        found.calibration.face_scale,
        found.calibration.face_offset,
    )
    assert found.calibration.line(1)[0] / was_scale < 0.8 * found.calibration.face_scale / 3.0
    assert found.account["stretches_fitted"] is True


def test_files_that_show_a_face_once_are_fitted_and_judged_by_that_line() -> None:
    many = _of_stretches(separated(100), spread=2.0)
    once = [replace(one, row=replace(one.row, seen_in=(1,))) for one in many]
    found = recalibrate([*many, *once], OLD, BOTH, Wanted())
    # What says less has no part in the line of faces that are seen in several.
    assert (
        found.calibration.face_scale
        == recalibrate(many, OLD, BOTH, Wanted()).calibration.face_scale
    )
    # Nor does it reach as far: the same faces, all seen once, leave the threshold lower.
    few = recalibrate([*many[:20], *once], OLD, BOTH, Wanted(false_positives=0.0))
    assert (
        few.thresholds.high
        < recalibrate(many, OLD, BOTH, Wanted(false_positives=0)).thresholds.high
    )


def test_scores_of_older_versions_say_nothing_of_stretches() -> None:
    found = recalibrate(separated(60), OLD, BOTH, Wanted())
    assert found.calibration.stretch_scale is None
    assert found.account["stretches_fitted"] is False
    kept = OLD.model_copy(update={"stretch_scale": 2.0, "stretch_offset": 0.3})
    assert recalibrate(separated(60), kept, BOTH, Wanted()).calibration.line(1) == (2.0, 0.3)


def test_thresholds_are_chosen_by_the_line_that_a_face_will_have() -> None:
    """A stretch's, where there is one and too little to fit it anew, stays."""
    cases = separated(60)
    once = [replace(one, row=replace(one.row, seen_in=(1,))) for one in cases]
    none = Wanted(false_positives=0.0)
    kept = OLD.model_copy(update={"stretch_scale": 2.0, "stretch_offset": 0.3})
    found = recalibrate([*cases, *once], kept, BOTH, none)
    assert found.calibration.line(1) == (2.0, 0.3)
    scale, offset = fit_platt(*_faces(cases))
    logits, labels = _faces(cases)
    real = logits[labels == 0].max()
    likeliest = max(1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-(scale * real + offset))))
    assert found.thresholds.high == pytest.approx(likeliest, abs=2e-3)


def test_pictures_alone_leave_clips_and_faces_as_they_were() -> None:
    cases = [replace(one, row=replace(one.row, clips=())) for one in separated(30)]
    found = recalibrate(cases, OLD, BOTH, Wanted())
    assert found.calibration.face_scale == OLD.face_scale
    assert found.calibration.clip_offset == OLD.clip_offset
    assert found.calibration.frame_scale != OLD.frame_scale
    assert found.account["clips_and_faces_fitted"] is False


def test_crowds_are_left_to_the_thresholds_and_few_files_refused() -> None:
    cases = separated(30)
    crowd = case(0, 0.3, name="crowd", faces=(0.2, 0.4), frames=(0.3,), clips=(0.3,))
    found = recalibrate([*cases, crowd], OLD, BOTH, Wanted())
    assert found.calibration == recalibrate(cases, OLD, BOTH, Wanted()).calibration
    assert found.account["real"] == 31
    with pytest.raises(DataError, match="only 5 real files with exactly one judged face"):
        recalibrate(cases[:10], OLD, BOTH, Wanted())


def test_each_way_to_calibrate_is_measured_on_groups_left_out() -> None:
    logits, labels = drawn(600, scale=0.25, offset=1.0, seed=3)
    groups = [str(at // 3) for at in range(600)]
    found = cross_validated(logits + 4, labels, groups, {str(k): v for k, v in FITS.items()})
    assert list(found) == ["as it was", "platt", "temperature", "isotonic"]
    assert found["platt"] < found["temperature"] < found["as it was"]
    assert found["platt"] < found["isotonic"] < found["as it was"]  # it is sure at its ends
    alone = cross_validated(logits, labels, ["one"] * 600, {})
    assert alone["isotonic"] is None


def test_the_upper_threshold_is_chosen_alone() -> None:
    cases = [case(0, n / 100, name=str(n)) for n in range(61, 81)]
    cases += [case(1, 0.99, name="fake"), case(0, None, name="unseen")]
    for was in (0.7, 0.95):
        found, account = upper_threshold(cases, Thresholds(low=0.4, high=was), 0.1)
        assert (found.low, found.high) == (0.4, 0.781)  # 0.79 and 0.80 of twenty reach it
        assert account == {"real": 20, "false_positives_allowed": 0.1, "was": was}
    with pytest.raises(DataError, match="only 9 real files with a score"):
        upper_threshold(cases[:9], Thresholds(low=0.4, high=0.8), 0.1)


def test_a_threshold_that_moves_along_stays_within_what_documents_hold() -> None:
    cases = distorted(separated(200, gap=0.6), scale=4.0, offset=0.0)
    found = recalibrate(cases, OLD, Thresholds(low=0.4, high=0.999), Wanted(same_verdicts=True))
    assert found.thresholds.high == 1 - 1e-6


def test_the_lower_threshold_moves_down_alone_and_never_up() -> None:
    cases = [case(1, n / 100, name=str(n)) for n in range(1, 21)]
    cases += [case(0, 0.01, name="real"), case(1, None, name="unseen")]
    found, account = lower_threshold(cases, Thresholds(low=0.4, high=0.8), 0.1)
    assert (found.low, found.high) == (0.03, 0.8)  # 0.01 and 0.02 of twenty lie below
    assert account == {"manipulated": 20, "misses_allowed": 0.1, "was": 0.4}
    kept, _ = lower_threshold(cases, Thresholds(low=0.02, high=0.8), 0.1)
    assert kept.low == 0.02
    with pytest.raises(DataError, match="only 9 manipulated files with a score"):
        lower_threshold(cases[:9], Thresholds(low=0.4, high=0.8), 0.1)


def test_a_still_face_goes_by_the_pictures_line_as_it_does_in_a_scan() -> None:
    """It was taken for one of several stretches: thresholds missed what they were set by."""
    clips = tuple(SimpleNamespace(stretch=at, counted=at != 2) for at in range(4))
    for reasons, seen_in in (("between-thresholds",), 3), (("between-thresholds", "still-face"), 0):
        verdict = Verdict(label="inconclusive", probability=0.6, reasons=reasons)
        assert _seen_in(Face.model_construct(verdict=verdict, clips=clips)) == seen_in
