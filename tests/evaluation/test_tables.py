"""The document's tables, on files whose figures can be counted on the fingers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_up import DATA, SCORER, case, separated
from scipy.stats import binomtest
from sklearn.metrics import auc, roc_auc_score

from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError
from unmask.evaluation import probabilities
from unmask.evaluation.bootstrap import share_of, share_of_groups
from unmask.evaluation.evaluating import Protocol, evaluate
from unmask.evaluation.figures import Drawing
from unmask.evaluation.report import Evaluation

THRESHOLDS = Thresholds(low=0.4, high=0.6)


def run(cases: list, **protocol: object) -> Evaluation:
    drawing = Drawing(resamples=200)
    return evaluate(cases, SCORER, DATA, Protocol(THRESHOLDS, drawing=drawing, **protocol))


FEW = [
    case(0, 0.1, name="r0", frames=(0.1, 0.2)),
    case(0, 0.5, name="r1", frames=(0.5,)),
    case(0, 0.7, name="r2", frames=(0.7, 0.9)),
    case(0, None, name="r3", error="no-face-found"),
    case(1, 0.9, name="f0", method="swap", frames=(0.9, 0.8), attributes={"family": "x"}),
    case(1, 0.3, name="f1", method="lips", frames=(0.3,), attributes={"family": "y"}),
    case(1, None, name="f2", method="lips", error="damaged", attributes={"family": "y"}),
]


def test_metrics_of_files_leave_out_what_has_no_score() -> None:
    found = run(FEW).video
    assert (found.level, found.real, found.manipulated) == ("video", 3, 2)
    assert found.auc.value == pytest.approx(4 / 6)  # .9 beats three, .3 one


def test_a_method_told_without_error_is_remarked_on() -> None:
    def told(cases: list) -> list[str]:
        return [one for one in run(cases).notes if one.startswith("Every file of")]

    (note,) = told(FEW)
    assert note.startswith("Every file of swap lies above every real one")
    many = [case(1, 0.9, name=f"f{at}", method=f"tool {at}") for at in range(6)]
    (note,) = told([*FEW, *many])
    assert "tool 0, tool 1, tool 2 and 3 more methods" in note.replace("swap, ", "")
    assert not told([one for one in FEW if one.sample.method != "lips"])  # of all files it is said


def test_an_auc_of_one_has_an_interval_by_the_number_of_groups() -> None:
    cases = [case(label, 0.2 + 0.6 * label, name=f"{label}{at}") for label in (0, 1)
             for at in range(6)]  # fmt: skip
    found = run(cases).video
    assert (found.auc.value, found.auc.high) == (1, 1)
    assert 0.6 < found.auc.low < 0.9
    assert (found.ap.value, found.ap.low) == (1, None)  # of which no resample says anything
    assert found.tpr_at_fpr_1.value == found.tpr_at_fpr_1.high == 1
    assert found.tpr_at_fpr_1.low < 0.1 < found.tpr_at_fpr_5.low  # six real files are too few
    turned = [replace(one, row=replace(one.row, score=1 - one.row.score)) for one in cases]
    assert run(turned).video.auc.high == pytest.approx(1 - found.auc.low)


def test_ece_is_measured_by_chance_and_has_no_interval() -> None:
    """Of resamples it is further from 0 than of the files: an exact scorer's 0 lay outside."""
    found = run(separated(40)).video
    assert (found.ece.low, found.ece.high) == (None, None)
    assert found.ece_if_exact.low < found.ece_if_exact.high


def test_unscored_files_counted_as_errors_are_below_everything() -> None:
    found = run(FEW).video_unscored_as_errors
    assert (found.real, found.manipulated) == (4, 3)
    # .9 beats three of four reals, .3 one; the lost fake none; the lost real is above all.
    assert found.auc.value == pytest.approx(4 / 12)
    assert found.brier is not None
    squares = [0.1**2, 0.5**2, 0.7**2, 1, 0.1**2, 0.7**2, 1]
    assert found.brier.value == pytest.approx(sum(squares) / 7, abs=1e-6)


def test_a_lost_real_file_is_above_a_certain_fake_too() -> None:
    found = run([case(0, None, name="r"), case(0, 0.1), case(1, 1.0)])
    assert found.video_unscored_as_errors.auc.value == 0.5
    assert found.video_unscored_as_errors.brier.value == pytest.approx((1 + 0.01 + 0) / 3, abs=1e-6)


def test_frames_have_their_files_label_and_their_own_level() -> None:
    found = run(FEW).frame
    assert found is not None
    assert (found.level, found.real, found.manipulated) == ("frame", 5, 3)
    scores = [0.1, 0.2, 0.5, 0.7, 0.9, 0.9, 0.8, 0.3]
    assert found.auc.value == pytest.approx(roc_auc_score([0] * 5 + [1] * 3, scores), abs=1e-6)
    assert run([case(0, 0.1), case(1, 0.2)]).frame is None


def test_decisions_are_shares_of_all_files() -> None:
    real, fake = run(FEW).decisions
    shares = [f.value for f in (real.correct, real.wrong, real.abstained, real.unscored)]
    assert (real.label, real.files, shares) == (0, 4, [0.25, 0.25, 0.25, 0.25])
    shares = [f.value for f in (fake.correct, fake.wrong, fake.abstained, fake.unscored)]
    assert shares == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3], abs=1e-6)


def test_what_is_decided_and_right_of_all_files_both_classes_alike() -> None:
    found = run([*FEW, case(1, 0.8, name="f3", method="swap")])
    assert found.overall.decided.value == pytest.approx((2 / 4 + 3 / 4) / 2)
    assert found.overall.right_of_decided.value == pytest.approx((1 / 2 + 2 / 3) / 2, abs=1e-6)
    assert found.overall.right.value == pytest.approx((1 / 4 + 2 / 4) / 2)
    assert found.overall.right.low < 0.375 < found.overall.right.high
    undecided = run([case(0, 0.5, name="r"), case(1, 0.5, name="f")]).overall
    assert (undecided.right.value, undecided.right_of_decided.value) == (0, None)


def test_a_share_of_none_or_all_is_not_certain() -> None:
    cases = [case(0, 0.1, name=f"r{at}", source=f"s{at // 2}") for at in range(10)]
    found = run([*cases, case(1, 0.9), case(1, 0.8)], groups="source")
    assert found.decisions[0].correct.value == 1
    expected = binomtest(5, 5).proportion_ci(method="wilson")  # five groups of two
    assert found.decisions[0].correct.low == pytest.approx(expected.low, abs=1e-6)
    assert found.decisions[0].wrong.high == pytest.approx(1 - expected.low, abs=1e-6)
    assert any("by the number of groups alone" in note for note in found.notes)


def test_a_verdict_outranks_the_thresholds() -> None:
    cases = [case(0, 0.2, name="r", verdict="inconclusive"), case(1, 0.9, name="f")]
    assert run(cases).decisions[0].abstained.value == 1


def test_verdicts_of_a_file_of_scores_are_told_of() -> None:
    cases = [case(0, 0.2, name="r", verdict="inconclusive"), case(1, 0.9, name="f")]
    told = [one for one in run(cases).notes if "the verdicts that the file of scores holds" in one]
    assert len(told) == 1
    assert (run(cases).decided_by, run(FEW).decided_by) == ("verdicts", "thresholds")
    assert not any("file of scores holds" in one for one in run(FEW).notes)


def test_coverage_counts_reasons_by_class() -> None:
    found = run(FEW).coverage
    assert (found.files, found.scored, found.real_scored, found.manipulated_scored) == (7, 5, 3, 2)
    assert [(r.code, r.real, r.manipulated) for r in found.reasons] == [
        ("damaged", 0, 1), ("no-face-found", 1, 0),
    ]  # fmt: skip


def test_methods_and_families_stand_against_all_real_files() -> None:
    found = run(FEW)
    lips, swap = found.methods
    assert (lips.name, lips.real, lips.manipulated, lips.unscored) == ("lips", 3, 2, 1)
    assert lips.auc.value == pytest.approx(1 / 3)
    assert (swap.name, swap.auc.value, swap.detected.value) == ("swap", 1.0, 1.0)
    assert [one.name for one in found.families] == ["x", "y"]


def test_a_method_that_is_one_group_has_an_interval_over_its_files() -> None:
    cases = separated(20)
    for by in ("method", "source"):
        rows = run(cases, groups=by).methods
        assert rows[1].auc.low < rows[1].auc.value < rows[1].auc.high
        assert rows[1].detected.low < rows[1].detected.value
    lone = run([case(0, 0.1, name="a"), case(0, 0.5, name="b"), case(1, 0.3, method="m")])
    assert lone.methods[0].auc.low is None


def test_false_positives_by_group_with_counts() -> None:
    cases = [
        *(case(0, p, name=f"a{p}", attributes={"group": "A"}) for p in (0.1, 0.7, 0.9, 0.5)),
        *(case(0, p, name=f"b{p}", attributes={"group": "B"}) for p in (0.2, None)),
        case(1, 0.8, name="f", attributes={"group": "A"}),
    ]
    a, b = run(cases, group_by=("group",)).groups
    assert (a.value, a.real, a.false_positives, a.abstained, a.unscored) == ("A", 4, 2, 1, 0)
    assert (a.manipulated, a.detected) == (1, 1)
    assert (b.real, b.false_positives, b.unscored) == (2, 0, 1)
    assert b.false_positive_rate.value == 0
    assert b.false_positive_rate.high > 0.5


@pytest.mark.parametrize(("hits", "count"), [(0, 5), (3, 10), (10, 10), (1, 1), (17, 400)])
def test_wilson_is_scipys(hits: int, count: int) -> None:
    expected = binomtest(hits, count).proportion_ci(method="wilson")
    found = share_of(hits, count)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert share_of(0, 0).value is None


def test_the_false_positives_of_few_people_are_no_certainty() -> None:
    """Forty clips of four people, one of whom is accused throughout, are not forty cases."""
    cases = [case(0, 0.9 if at < 10 else 0.1, name=f"r{at}", source=f"p{at // 10}",
                  attributes={"group": "A"}) for at in range(40)]  # fmt: skip
    cases.append(case(1, 0.9, name="f", source="f", attributes={"group": "A"}))
    (row,) = run(cases, group_by=("group",), groups="source").groups
    expected = binomtest(1, 4).proportion_ci(method="wilson")
    assert row.false_positive_rate.value == 0.25
    assert row.false_positive_rate.low == pytest.approx(expected.low, abs=0.03)
    assert row.false_positive_rate.high == pytest.approx(expected.high, abs=0.05)
    alone = run(cases, group_by=("group",), groups="file").groups[0].false_positive_rate
    assert alone == share_of(10, 40)


def test_files_of_a_group_that_are_not_alike_count_in_full() -> None:
    hits = np.array([True, False] * 20)
    mixed, alike = [f"{at // 4}" for at in range(40)], [f"{at % 2}{at // 4}" for at in range(40)]
    assert share_of_groups(hits, mixed) == share_of(20, 40)
    assert share_of_groups(hits, alike).low == pytest.approx(share_of(10, 20).low, abs=0.01)
    none = share_of_groups(np.zeros(40, dtype=bool), mixed)
    assert none.high == pytest.approx(share_of(0, 10).high)
    assert share_of_groups(np.zeros(0, dtype=bool), []).value is None


def test_intervals_of_shares_hold_what_they_say_with_few_people() -> None:
    """Ten people in ten files each, of whom some are judged wrongly much oftener than others."""
    rng = np.random.default_rng(0)
    groups = [f"p{at // 10}" for at in range(100)]
    held = {"people": 0, "files": 0}
    for _ in range(300):
        hits = rng.random(100) < np.repeat(rng.beta(0.4, 1.6, 10), 10)
        for name, found in (
            ("people", share_of_groups(hits, groups)),
            ("files", share_of(int(hits.sum()), 100)),
        ):
            held[name] += found.low <= 0.2 <= found.high
    assert held["people"] >= 260
    assert held["files"] < 220


def test_intervals_hold_the_figure_and_the_document_its_schema() -> None:
    found = run(separated(40))
    for figure in (found.video.auc, found.video.eer, found.video.log_loss, found.frame.auc):
        assert figure.low <= figure.value <= figure.high
    assert found.data.grouped_by == "source"
    assert found.data.groups == 40
    assert Evaluation.model_validate_json(found.model_dump_json(by_alias=True)) == found


def test_the_same_cases_give_the_same_document_and_copies_no_narrower_intervals() -> None:
    cases = separated(20)
    assert run(cases) == run(cases)
    copies = [*cases, *(case(c.label, c.row.score, name=f"2{c.sample.path}",
                             source=c.sample.source) for c in cases)]  # fmt: skip
    one, two = run(cases).video.auc, run(copies).video.auc
    assert two.value == one.value
    assert two.high - two.low == pytest.approx(one.high - one.low, abs=1e-9)


def test_scores_that_are_no_probabilities_have_ranks_only() -> None:
    found = run([case(0, -3.0, name="r"), case(0, 1.0, name="s"), case(1, 2.5, name="f")])
    assert found.video.auc.value == 1
    assert found.video.brier is None
    assert found.video_unscored_as_errors.ece is None
    assert found.reliability == ()
    assert any("no probabilities" in note for note in found.notes)


def test_frames_that_are_no_probabilities_make_none_of_their_mean() -> None:
    real, fake = case(0, 0.2, name="r", frames=(-1.0, 1.4)), case(1, 0.7, name="f", frames=(0.7,))
    found = run([real, fake])
    assert (found.video.brier, found.frame.brier) == (None, None)


def test_exact_probabilities_have_the_ece_that_chance_gives_them() -> None:
    rng = np.random.default_rng(3)
    p = rng.random(60)
    drawn = probabilities.error_of_exact(p, draws=400, seed=1)
    labels = (rng.random((400, 60)) < p).astype(np.int64)
    by_hand = [probabilities.calibration_error(p, row, np.ones((1, 60)))[0] for row in labels]
    assert drawn.mean() == pytest.approx(np.mean(by_hand), rel=0.05)
    assert drawn.std() == pytest.approx(np.std(by_hand), rel=0.15)
    certain = probabilities.error_of_exact(np.array([0.0, 1.0, 1.0]), draws=5, seed=1)
    assert certain.tolist() == [0.0] * 5


def test_ece_by_chance_is_given_for_files_with_a_probability() -> None:
    found = run(separated(40))
    chance = found.video.ece_if_exact
    assert 0 < chance.low < chance.value < chance.high < 1
    assert found.video_unscored_as_errors.ece_if_exact is None
    assert found.frame.ece_if_exact is None
    ranks = run([case(0, -3.0, name="r"), case(1, 2.5, name="f")])
    assert ranks.video.ece_if_exact is None


def test_scores_that_fall_with_manipulation_are_remarked_on() -> None:
    """Many detectors answer P(real). Chance is no reason to say so."""
    fine = separated(12)
    turned = [replace(one, row=replace(one.row, score=1 - (one.row.score or 0))) for one in fine]
    assert any("turn them round" in note for note in run(turned).notes)
    weak = separated(12, gap=0.0)
    for cases in (fine, weak):
        assert not any("turn them round" in note for note in run(cases).notes)


def test_roc_and_histogram_are_of_the_files() -> None:
    cases = separated(50)
    found = run(cases)
    curve = found.roc[0]
    assert (curve.fpr[0], curve.tpr[0], curve.fpr[-1], curve.tpr[-1]) == (0, 0, 1, 1)
    assert auc(curve.fpr, curve.tpr) == pytest.approx(found.video.auc.value, abs=1e-4)
    assert sum(bar.real for bar in found.histogram) == 50
    assert sum(bar.manipulated for bar in found.histogram) == 50
    assert sum(one.files for one in found.reliability) == 100


def test_one_class_or_none_scored_is_refused() -> None:
    with pytest.raises(DataError, match="no real files among the 1"):
        run([case(1, 0.5)])
    with pytest.raises(DataError, match=r"not one of the 1 real files has a score \(damaged"):
        run([case(1, 0.5), case(0, None, error="damaged")])
    with pytest.raises(DataError, match="not-found") as caught:
        run([case(1, 0.5), case(0, None, error="not-found")])
    assert "--root" in caught.value.hint


def test_a_class_of_one_group_is_said_to_have_no_intervals() -> None:
    cases = [
        case(label, 0.2 + 0.5 * label + at / 50, name=f"{label}{at}", source=source)
        for label, source in ((0, "one"), (1, "other"))
        for at in range(4)
    ]
    found = run(cases)
    assert found.video.brier is not None
    assert found.video.brier.low is None
    assert any("All real files are of one source" in note for note in found.notes)
    assert not any("are rough" in note for note in found.notes)
    assert any("are rough" in note for note in run(separated(6), groups="source").notes)


def test_levels_of_compression_measured_together_are_remarked_on() -> None:
    def told(*levels: str) -> list[str]:
        cases = [
            case(label, 0.2 + 0.5 * label, name=f"{label}{at}", compression=level)
            for label in (0, 1)
            for at, level in enumerate(levels)
        ]
        return [note for note in run(cases).notes if "are measured together" in note]

    assert told("c23", "c40")[0].startswith("Files at c23 and c40 are")
    assert not told("c23", "c23")
    assert not told("c23", "")  # of another set, say, that has no levels


def test_decisions_given_as_scores_are_remarked_on() -> None:
    def told(*scores: float) -> bool:
        cases = [
            case(label, score, name=f"{label}{at}") for label in (0, 1)
            for at, score in enumerate(scores)
        ]  # fmt: skip
        return any("two values only" in note for note in run(cases).notes)

    assert told(0, 1, 1)
    assert not told(0, 0.5, 1)
    assert not told(0.5, 0.5)


def test_files_that_are_there_twice_are_remarked_on() -> None:
    def told(*hashes: str) -> list[str]:
        facts = [{"sha256": one} if one else {} for one in hashes]
        cases = [case(at % 2, at / 10, name=f"f{at}", facts=one) for at, one in enumerate(facts)]
        return [note for note in run(cases).notes if "byte for byte" in note]

    assert told("a", "b", "c", "d") == told("", "", "", "") == []
    (note,) = told("a", "b", "a", "b", "c")
    assert "byte for byte: 2, such as f0 and f2." in note
    (note,) = told("a", "a", "b")
    assert "1 (1 of them with both labels), such as f0 and f1." in note
    indexed = [case(at % 2, 0.5, name=f"f{at}", sha256="a" * (at < 3)) for at in range(4)]
    assert any("f0 and f1" in note for note in run(indexed).notes)
