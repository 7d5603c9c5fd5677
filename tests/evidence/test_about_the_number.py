"""The number of a verdict is explained where it is not what its faces or its label suggest."""

import pytest
from report_samples import analysis, report

from unmask.core.analysis import Analysis, Thresholds, Verdict
from unmask.evidence import html_report
from unmask.evidence.figure import about_face, about_number, how_numbered


def film(label: str, whole: float | None, *faces: float | None) -> Analysis:
    base = analysis()
    options = base.options.model_copy(update={"thresholds": Thresholds(low=0.4, high=0.9)})
    one = base.faces[0]
    made = tuple(
        one.model_copy(
            update={
                "id": id,
                "verdict": Verdict(label="inconclusive", probability=p, reasons=()),
            }
        )
        for id, p in enumerate(faces)
    )
    verdict = Verdict(label=label, probability=whole, reasons=())
    return base.model_copy(update={"verdict": verdict, "faces": made, "options": options})


def test_what_the_number_means_is_said_with_every_number_and_without_one_never():
    (said,) = about_number(film("manipulated", 0.95, 0.95))
    assert "if half of such files are" in said
    assert about_number(film("inconclusive", None, None)) == ()


def test_a_file_below_its_most_suspicious_face_says_why():
    *_, said = about_number(film("inconclusive", 0.48, 0.63, None, 0.1))
    assert "from the 2 faces that were judged (0.10 to 0.63)" in said
    assert len(about_number(film("inconclusive", 0.5, 0.5, 0.5))) == 1  # nothing to wonder at


@pytest.mark.parametrize(
    ("label", "p", "said"),
    [
        ("inconclusive", 0.11, True),
        ("inconclusive", 0.6, False),
        ("no-manipulation-found", 0.1, False),
    ],
)
def test_a_doubt_on_the_band_where_nothing_is_found_says_what_makes_it_one(label, p, said):
    words = " ".join(about_number(film(label, p, p)))
    assert ("would be “No manipulation found”" in words) is said


@pytest.mark.parametrize(
    ("label", "p", "said"),
    [
        ("inconclusive", 0.8961, "More exactly it is 0.896, just below the threshold of 0.9."),
        ("inconclusive", 0.89996, "More exactly it is 0.89996, just below the threshold of 0.9."),
        ("manipulated", 0.9, ""),
        ("inconclusive", 0.404, ""),
        ("no-manipulation-found", 0.396, "it is 0.396, just below the threshold of 0.4."),
    ],
)
def test_a_number_written_as_if_it_lay_beyond_a_threshold_is_told_exactly(label, p, said):
    words = " ".join(about_number(film(label, p, p)))
    assert said in words
    assert ("More exactly" in words) is bool(said)


def test_a_threshold_of_three_digits_can_lie_above_the_number_that_is_shown():
    whole = film("inconclusive", 0.4442, 0.4442)
    limits = whole.options.model_copy(update={"thresholds": Thresholds(low=0.444, high=0.938)})
    words = " ".join(about_number(whole.model_copy(update={"options": limits})))
    assert "More exactly it is 0.4442, which reaches the threshold of 0.444." in words


def test_reports_say_it_in_their_language():
    several = film("inconclusive", 0.48, 0.63, 0.1)
    assert "(0,10 bis 0,63)" in html_report(report(several, language="de"))


@pytest.mark.parametrize(
    ("p", "scores", "said"),
    [
        (0.72, (0.42, 0.51), "more than any frame by itself (0.42 to 0.51)"),
        (0.11, (0.25, 0.98), "less than any frame by itself (0.25 to 0.98)"),
        (0.45, (0.42, 0.51), ""),
        (0.514, (0.42, 0.51), ""),  # the same to who reads it
        (None, (0.42, 0.51), ""),
        (0.72, (0.42,), ""),  # a picture has no other number
    ],
)
def test_a_face_whose_number_is_none_of_its_frames_says_why(p, scores, said):
    face = film("inconclusive", p, p).faces[0]
    frames = tuple(face.frames[0].model_copy(update={"score": score}) for score in scores)
    found = about_face(face.model_copy(update={"frames": frames}))
    assert said in found
    assert bool(found) is bool(said)


def test_what_the_numbers_of_faces_say():
    several = film("inconclusive", 0.48, 0.63, 0.1)
    assert "in the order in which they first appear" in how_numbered(several)
    photo = several.model_copy(update={"media": several.media.model_copy(update={"kind": "image"})})
    assert how_numbered(photo) == "Faces are numbered by their size, the largest first."
    assert how_numbered(photo.model_copy(update={"faces": photo.faces[:1]})) == ""
