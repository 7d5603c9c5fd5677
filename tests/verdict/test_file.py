import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.core.analysis import Verdict
from unmask.verdict import correct_for_faces, judge_file

ORDER = ("no-manipulation-found", "inconclusive", "manipulated")
FAKE = Verdict(
    label="manipulated", probability=0.99, reasons=("above-threshold", "frame-artefacts")
)
CLEAN = Verdict(label="no-manipulation-found", probability=0.05, reasons=("below-threshold",))
UNSURE = Verdict(label="inconclusive", probability=0.5, reasons=("between-thresholds",))
SPLIT = Verdict(label="inconclusive", probability=0.1, reasons=("frames-disagree",))
NOISY = Verdict(label="inconclusive", probability=0.05, reasons=("too-noisy",))
COVERED = Verdict(label="inconclusive", probability=0.05, reasons=("part-covered",))
SMALL = Verdict(label="inconclusive", probability=None, reasons=("face-too-small",))
BLURRED = Verdict(label="inconclusive", probability=None, reasons=("too-blurred",))

# (verdict, prominence) of each face → label, probability, reasons
GOLDEN = [
    ([], "no-face", None, ("no-face-found",)),
    ([(FAKE, 9)], "manipulated", 0.99, FAKE.reasons),
    ([(CLEAN, 9)], "no-manipulation-found", 0.05, ("below-threshold",)),
    ([(UNSURE, 9)], "inconclusive", 0.5, ("between-thresholds",)),
    ([(SPLIT, 9)], "inconclusive", 0.1, ("frames-disagree",)),
    ([(NOISY, 9)], "inconclusive", 0.05, ("too-noisy",)),
    ([(NOISY, 9), (CLEAN, 1)], "inconclusive", 0.05, ("too-noisy",)),
    # one of two equally prominent faces is enough, and a contradiction in whichever face
    ([(NOISY, 9), (CLEAN, 9)], "inconclusive", 0.05, ("too-noisy",)),
    ([(SPLIT, 1), (CLEAN, 9)], "inconclusive", 0.0757, ("frames-disagree",)),
    ([(COVERED, 9), (CLEAN, 1)], "inconclusive", 0.05, ("part-covered",)),
    ([(COVERED, 1), (CLEAN, 9)], "no-manipulation-found", 0.05,
     ("below-threshold", "some-faces-inconclusive")),
    ([(NOISY, 1), (CLEAN, 9)], "no-manipulation-found", 0.05,
     ("below-threshold", "some-faces-inconclusive")),
    ([(SMALL, 9)], "inconclusive", None, ("face-too-small",)),
    ([(SMALL, 1), (BLURRED, 2)], "inconclusive", None, ("face-too-small", "too-blurred")),
    # one strong fake in a group of five stays one
    ([(FAKE, 1)] + [(CLEAN, 9)] * 4, "manipulated", 0.9520, FAKE.reasons),
    # in a crowd one such face is what chance brings: not manipulated, and not cleared either
    ([(FAKE, 1)] + [(CLEAN, 1)] * 99, "inconclusive", 0.5103,
     ("between-thresholds", "faces-disagree")),
    ([(FAKE, 1)] + [(CLEAN, 1)] * 999, "inconclusive", 0.1316, ("faces-disagree",)),
    # faces nobody could judge
    ([(FAKE, 1), (SMALL, 9)], "manipulated", 0.99, (*FAKE.reasons, "some-faces-not-judged")),
    ([(CLEAN, 9), (SMALL, 1)], "no-manipulation-found", 0.05,
     ("below-threshold", "some-faces-not-judged")),
    ([(CLEAN, 1), (BLURRED, 9)], "inconclusive", None, ("too-blurred", "main-face-not-judged")),
    ([(CLEAN, 9), (BLURRED, 9)], "inconclusive", None, ("too-blurred", "main-face-not-judged")),
    ([(UNSURE, 1), (BLURRED, 9)], "inconclusive", 0.5,
     ("between-thresholds", "some-faces-not-judged")),
    # posters on the wall do not clear who speaks before them
    ([(UNSURE, 9)] + [(CLEAN, 1)] * 3, "inconclusive", 0.2245, ("main-face-inconclusive",)),
    ([(UNSURE, 9), (SMALL, 1)] + [(CLEAN, 9)] * 3, "inconclusive", 0.2245,
     ("main-face-inconclusive", "some-faces-not-judged")),
    ([(UNSURE, 1)] + [(CLEAN, 9)] * 3, "no-manipulation-found", 0.2245,
     ("below-threshold", "some-faces-inconclusive")),
]  # fmt: skip


@pytest.mark.parametrize(("faces", "label", "p", "reasons"), GOLDEN)
def test_golden_files(thresholds, faces, label, p, reasons):
    verdict = judge_file([face for face, _ in faces], [size for _, size in faces], thresholds)
    assert (verdict.label, verdict.reasons) == (label, reasons)
    assert verdict.probability == (None if p is None else pytest.approx(p, abs=5e-5))


def test_the_thresholds_themselves_belong_above(thresholds):
    """Of a file as of a face, also where no face says so by itself."""
    pair = [UNSURE, UNSURE.model_copy(update={"probability": 0.3})]
    at = thresholds.model_copy(update={"low": correct_for_faces([0.5, 0.3]), "high": 0.9})
    assert judge_file(pair, [1, 1], at).reasons == ("between-thresholds",)
    at = at.model_copy(update={"high": at.low})
    assert judge_file(pair, [1, 1], at).label == "manipulated"


def test_a_still_face_is_remarked_on_where_it_is_the_main_one(thresholds):
    """A portrait on the wall says nothing of who speaks before it."""
    still = CLEAN.model_copy(update={"reasons": ("below-threshold", "still-face")})
    for faces, said in (([still, CLEAN], True), ([CLEAN, still], False)):
        verdict = judge_file(faces, [9, 1], thresholds)
        assert ("still-face" in verdict.reasons) == said
    assert "still-face" in judge_file([CLEAN, still], [9, 9], thresholds).reasons


@pytest.mark.parametrize(
    ("face", "label", "reasons"),
    [
        (CLEAN, "inconclusive", ("further-films",)),
        (UNSURE, "inconclusive", ("between-thresholds", "further-films")),
        (FAKE, "manipulated", FAKE.reasons),
        (SMALL, "inconclusive", ("face-too-small",)),
    ],
)
def test_a_film_beside_others_in_its_file_is_not_cleared(thresholds, face, label, reasons):
    verdict = judge_file([face], [9], thresholds, further_films=True)
    assert (verdict.label, verdict.reasons) == (label, reasons)
    assert verdict.probability == face.probability


def test_what_programs_show_otherwise_is_not_cleared(thresholds):
    verdict = judge_file([CLEAN], [9], thresholds, viewers_differ=True)
    assert (verdict.label, verdict.reasons) == ("inconclusive", ("viewers-differ",))
    assert verdict.probability == CLEAN.probability
    assert judge_file([FAKE], [9], thresholds, viewers_differ=True).label == "manipulated"


@pytest.mark.parametrize(
    ("faces", "expected"),
    [
        ([0.99] + [0.05] * 4, 0.952),
        ([0.99, 0.05], 0.980),
        ([0.99] + [0.05] * 9, 0.909),
        ([0.99] + [0.05] * 99, 0.510),
        ([0.999] + [0.05] * 9, 0.990),
    ],
)
def test_the_numbers_in_the_text(faces, expected):
    assert correct_for_faces(faces) == pytest.approx(expected, abs=5e-4)


probabilities = st.floats(0, 1)
several = st.lists(probabilities, min_size=1, max_size=12)


@given(probabilities)
def test_one_face_is_the_file(p):
    assert correct_for_faces([p]) == p


@given(several)
def test_never_above_the_most_manipulated_nor_below_its_share(faces):
    file = correct_for_faces(faces)
    top = max(faces)
    assert file <= top
    if top < 1 - 1e-9:
        assert file / (1 - file) >= top / (1 - top) / len(faces) - 1e-9


@given(several, st.randoms())
def test_the_order_of_faces_does_not_matter(faces, random):
    before = correct_for_faces(faces)
    random.shuffle(faces)
    assert correct_for_faces(faces) == before


@given(several, st.integers(1, 4))
def test_counting_every_face_again_changes_nothing(faces, times):
    assert correct_for_faces(faces * times) == pytest.approx(correct_for_faces(faces), abs=1e-12)


@given(several, probabilities)
def test_a_face_no_more_manipulated_than_the_file_never_raises_it(faces, p):
    file = correct_for_faces(faces)
    assert correct_for_faces([*faces, min(p, file)]) <= file + 1e-12


@given(several, st.integers(0, 11), probabilities)
def test_rises_with_each_face(faces, index, p):
    file = correct_for_faces(faces)
    index %= len(faces)
    faces[index] = max(faces[index], p)
    assert correct_for_faces(faces) >= file - 1e-12


def test_a_file_without_a_judged_face_has_no_probability():
    with pytest.raises(ValueError, match="no probability"):
        correct_for_faces([])


def _face(p, thresholds):
    if p is None:
        return BLURRED
    if p >= thresholds.high:
        return Verdict(label="manipulated", probability=p, reasons=("above-threshold",))
    if p >= thresholds.low:
        return Verdict(label="inconclusive", probability=p, reasons=("between-thresholds",))
    return Verdict(label="no-manipulation-found", probability=p, reasons=("below-threshold",))


crowd = st.lists(
    st.tuples(st.none() | probabilities, st.sampled_from([1.0, 2.0, 3.0])), min_size=1, max_size=8
)


@given(crowd, st.randoms())
def test_a_files_verdict_does_not_depend_on_the_order_of_faces(thresholds, people, random):
    def judge():
        verdicts = [_face(p, thresholds) for p, _ in people]
        return judge_file(verdicts, [size for _, size in people], thresholds)

    before = judge()
    random.shuffle(people)
    assert judge() == before


@given(crowd)
def test_a_file_never_contradicts_its_faces(thresholds, people):
    verdicts = [_face(p, thresholds) for p, _ in people]
    file = judge_file(verdicts, [size for _, size in people], thresholds)
    labels = {verdict.label for verdict in verdicts}
    assert file.label != "manipulated" or "manipulated" in labels
    assert file.label != "no-manipulation-found" or "manipulated" not in labels
    if len(people) == 1:
        assert file == verdicts[0]


@given(crowd, st.floats(0, 0.29), st.sampled_from([1.0, 5.0]))
def test_a_clean_face_more_never_raises_the_label(thresholds, people, p, size):
    verdicts = [_face(q, thresholds) for q, _ in people]
    sizes = [one for _, one in people]
    before = judge_file(verdicts, sizes, thresholds)
    after = judge_file([*verdicts, _face(p, thresholds)], [*sizes, size], thresholds)
    assert ORDER.index(after.label) <= ORDER.index(before.label)
